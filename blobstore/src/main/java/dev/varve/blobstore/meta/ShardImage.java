package dev.varve.blobstore.meta;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The rows of one shard as they are at one moment, as long as they are looked at. Used by one thread.
 *
 * <p>As bytes, format 1: the octet 1; each row as the octet of its family, its key and its value, both after their length; the
 * octet 0.
 */
public final class ShardImage implements AutoCloseable {
    static final int FORMAT = 1;
    static final int END = 0;

    private final int shard;
    private final RowStore.Image image;
    private final ShardHead head;

    ShardImage(int shard, RowStore.Image image) {
        this.shard = shard;
        this.image = image;
        byte[] row = image.get(Family.STATE, RowKeys.shard(shard));
        this.head = row == null ? ShardHead.NEW : ShardHead.decode(row);
    }

    /** How far the shard had come. */
    public ShardHead head() {
        return head;
    }

    /**
     * Writes all rows, which {@link MetaState#load} reads; returns how many. {@code CORRUPT} after that if they are not those
     * that the shard's log made.
     */
    public long writeTo(OutputStream out) throws IOException {
        byte[] prefix = RowKeys.shard(shard);
        RowHash hash = RowHash.NONE;
        long count = 0;
        out.write(FORMAT);
        for (Family family : Family.values()) {
            if (family == Family.STATE) {
                continue;
            }
            try (RowStore.Cursor cursor = image.cursor(family, RowKeys.behind(prefix))) {
                for (boolean more = cursor.seek(prefix); more; more = cursor.next()) {
                    byte[] key = cursor.key();
                    byte[] value = cursor.value();
                    out.write(new BytesOut(key.length + value.length + 16)
                            .octet(family.code())
                            .sized(key)
                            .sized(value)
                            .toBytes());
                    hash = hash.plus(RowHash.of(family, key, value));
                    count++;
                }
            }
        }
        out.write(END);
        if (!hash.equals(head.rows())) {
            throw new VarveException(
                    ErrorCode.CORRUPT, "the rows of shard " + shard + " are not those that its log made");
        }
        return count;
    }

    /** Called by who made it. */
    @Override
    public void close() {
        image.close();
    }
}
