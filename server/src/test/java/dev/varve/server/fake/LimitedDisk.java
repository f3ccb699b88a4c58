package dev.varve.server.fake;

import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A disk of a size that a test chooses: what lies in the directory takes of it, and what is deleted there gives back. */
public final class LimitedDisk implements Disk {
    private final Path directory;
    private volatile long bytes = 1L << 40;

    public LimitedDisk(Path directory) {
        this.directory = directory;
    }

    /** Leaves so many bytes free, by changing the size of the disk. */
    public void leave(long free) {
        bytes = used() + free;
    }

    private long used() {
        long[] sum = {0};
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    sum[0] += attributes.size();
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    // Deleted meanwhile.
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sum[0];
    }

    @Override
    public long usableBytes(Path within) {
        return Math.max(0, bytes - used());
    }

    @Override
    public Output output(Path file, long length) throws IOException {
        return new LimitedOutput(REAL.output(file, length));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        REAL.move(from, to);
    }

    @Override
    public void moveDurably(Path from, Path to) throws IOException {
        REAL.moveDurably(from, to);
    }

    @Override
    public void syncDirectory(Path synced) throws IOException {
        REAL.syncDirectory(synced);
    }

    @Override
    public void delete(Path file) throws IOException {
        REAL.delete(file);
    }

    private final class LimitedOutput implements Output {
        private final Output real;

        LimitedOutput(Output real) {
            this.real = real;
        }

        @Override
        public void write(ByteBuffer content) throws IOException {
            if (content.remaining() > usableBytes(directory)) {
                throw new IOException("No space left on device");
            }
            real.write(content);
        }

        @Override
        public void force() throws IOException {
            real.force();
        }

        @Override
        public void truncate(long length) throws IOException {
            real.truncate(length);
        }

        @Override
        public void close() throws IOException {
            real.close();
        }
    }
}
