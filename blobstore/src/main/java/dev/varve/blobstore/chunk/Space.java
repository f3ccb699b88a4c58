package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What chunks may still take of the disk: all but a reserve, which deletes, compaction and logs live on. */
final class Space {
    private final Disk disk;
    private final Path directory;
    private final long reserveBytes;

    Space(ChunkStoreConfig config, Disk disk, Path directory) throws IOException {
        this.disk = disk;
        this.directory = directory;
        long share = Files.getFileStore(directory).getTotalSpace() / 100 * config.reservePercent();
        this.reserveBytes = Math.min(share, config.reserveBytes());
    }

    /** Beyond the reserve; 0 if that is being used. */
    long usableBytes() throws IOException {
        return Math.max(0, freeBytes() - reserveBytes);
    }

    /** With the reserve. */
    long freeBytes() throws IOException {
        return disk.usableBytes(directory);
    }

    VarveException full(long wanted) {
        return new VarveException(
                        ErrorCode.DISK_FULL,
                        "no room for " + wanted + " bytes in " + directory + ": " + reserveBytes
                                + " bytes are kept for deletes and logs")
                .withHint("free some space; nothing acknowledged is lost");
    }
}
