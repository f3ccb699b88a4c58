package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Path;

/** Opens an index in a directory; a fake in tests. */
interface IndexOpener {
    ChunkIndex open(Path directory) throws IOException;

    /** Removes what is there. */
    void clear(Path directory) throws IOException;

    /** One that is new, or was built to its end; another is removed. */
    default ChunkIndex openComplete(Path directory) throws IOException {
        ChunkIndex index = open(directory);
        try {
            if (index.isNew() || Recovery.isComplete(index)) {
                return index;
            }
        } catch (VarveException e) {
            if (!index.isDamaged()) {
                index.close();
                throw e;
            }
        }
        return renew(directory, index);
    }

    /** A new one in place of another. */
    default ChunkIndex renew(Path directory, ChunkIndex old) throws IOException {
        old.close();
        clear(directory);
        return open(directory);
    }

    /** The index as it is. */
    record Rocks(long cacheBytes, Disk disk) implements IndexOpener {
        @Override
        public ChunkIndex open(Path directory) throws IOException {
            return RocksIndex.open(directory, cacheBytes, disk);
        }

        @Override
        public void clear(Path directory) throws IOException {
            RocksIndex.clear(directory);
        }
    }
}
