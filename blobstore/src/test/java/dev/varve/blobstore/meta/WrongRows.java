package dev.varve.blobstore.meta;

import dev.varve.blobstore.disk.Disk;
import java.nio.file.Path;
import org.rocksdb.WriteBatch;

/** Rows that no operation made. */
public final class WrongRows {
    private WrongRows() {}

    /** Adds one to a shard of the rows in a directory, which nobody has open. */
    public static void add(Path directory, int shard) {
        try (RowStore rows = RowStore.open(directory, Disk.REAL);
                WriteBatch batch = new WriteBatch()) {
            rows.add(batch, Family.COMPLETED, RowKeys.completed(shard, 12345), new byte[] {1, 2, 3});
            rows.write(batch);
            rows.flush();
        }
    }
}
