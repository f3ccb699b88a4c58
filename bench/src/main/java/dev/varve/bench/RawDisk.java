package dev.varve.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the disk does without any store: one thread that writes or reads one file from its begin to its end. */
final class RawDisk {
    private static final int READ_BYTES = 1 << 20;

    private final Path folder;
    private final ByteBuffer block = ByteBuffer.allocateDirect(READ_BYTES);

    RawDisk(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /**
     * Writes a new file.
     *
     * @param blockBytes after which it calls fdatasync each time
     */
    void write(String name, ByteBuffer data, int blockBytes) throws IOException {
        try (FileChannel file =
                FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer rest = data.duplicate();
            int end = rest.limit();
            while (rest.position() < end) {
                rest.limit(Math.min(end, rest.position() + blockBytes));
                while (rest.hasRemaining()) {
                    file.write(rest);
                }
                file.force(false);
            }
        }
    }

    /** Writes small pieces behind one another, each with an fdatasync, for so long; returns how many. */
    long append(String name, ByteBuffer piece, long nanos) throws IOException {
        long count = 0;
        try (FileChannel file =
                FileChannel.open(folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long end = System.nanoTime() + nanos; System.nanoTime() < end; count++) {
                file.write(piece.duplicate());
                file.force(false);
            }
        }
        return count;
    }

    void read(String name) throws IOException {
        try (FileChannel file = FileChannel.open(folder.resolve(name), StandardOpenOption.READ)) {
            for (long left = file.size(); left > 0; ) {
                int count = file.read(block.clear());
                if (count < 0) {
                    throw new EOFException(name);
                }
                left -= count;
            }
        }
    }
}
