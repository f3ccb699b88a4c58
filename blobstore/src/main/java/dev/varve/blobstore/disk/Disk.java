package dev.varve.blobstore.disk;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** What durability asks of a file system; tests put a faulty one in its place. */
public interface Disk {
    /** A file that is written at its end. Used by one thread. */
    interface Output extends AutoCloseable {
        void write(ByteBuffer bytes) throws IOException;

        /** Makes content and length durable. After an exception the file must not be written any more. */
        void force() throws IOException;

        /** Cuts the file and continues writing there. */
        void truncate(long length) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Opens a file, new or not, to continue at {@code length}. */
    Output output(Path file, long length) throws IOException;

    /** Renames; lasts once the directory is synced. */
    void move(Path from, Path to) throws IOException;

    /** Renames and makes the name durable. */
    void moveDurably(Path from, Path to) throws IOException;

    /** Makes the names in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /** Removes a file if it is there; lasts once its directory is synced. */
    void delete(Path file) throws IOException;

    /**
     * Says that a library, which writes past this interface, has just made the files directly in a directory durable. At a
     * loss of power they are then as they were at the last such call or at some later moment.
     */
    default void settled(Path directory) throws IOException {}

    /** What can still be written to the file system that holds the directory. */
    long usableBytes(Path directory) throws IOException;

    /** The file system as it is. */
    Disk REAL = new Disk() {
        @Override
        public Output output(Path file, long length) throws IOException {
            return new ChannelOutput(file, length);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        }

        @Override
        public void moveDurably(Path from, Path to) throws IOException {
            move(from, to);
            syncDirectory(parentOf(to));
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            // An interrupt closes the channel; it is this call's own, so the call is repeated and the interrupt kept.
            boolean interrupted = false;
            try {
                while (true) {
                    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                        channel.force(true);
                        return;
                    } catch (ClosedByInterruptException e) {
                        interrupted |= Thread.interrupted();
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void delete(Path file) throws IOException {
            Files.deleteIfExists(file);
        }

        @Override
        public long usableBytes(Path directory) {
            // Not by FileStore, which looks for the mount point each time.
            return directory.toFile().getUsableSpace();
        }
    };

    /** Writes a channel that only one, never interrupted thread uses. */
    final class ChannelOutput implements Output {
        private final RandomAccessFile file;
        private final FileChannel channel;

        ChannelOutput(Path path, long length) throws IOException {
            file = new RandomAccessFile(path.toFile(), "rw");
            channel = file.getChannel();
            channel.position(length);
        }

        @Override
        public void write(ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(true);
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
            channel.position(length);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Creates a directory and those above it that are missing, durably. */
    default void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = parentOf(directory);
        createDirectories(parent);
        Files.createDirectories(directory);
        syncDirectory(parent);
    }

    private static Path parentOf(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new FileSystemException(path.toString(), null, "no directory above it");
        }
        return parent;
    }

    static boolean isFull(IOException e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("quota exceeded");
    }

    /** The error of the world that an I/O failure is. */
    static VarveException failure(String doing, IOException e) {
        return isFull(e)
                ? new VarveException(ErrorCode.DISK_FULL, doing + ": the disk is full", e)
                        .withHint("free some space; nothing acknowledged is lost")
                : new VarveException(ErrorCode.STORAGE, doing + ": " + e, e);
    }
}
