package dev.varve.blobstore;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Reads a file through a window that grows with what is asked; its length is that at opening. Used by one thread. */
final class LogFileReader implements AutoCloseable {
    private static final int WINDOW_BYTES = 1 << 20;

    // Not a channel: an interrupt of the reading thread must not close it.
    private final RandomAccessFile file;
    private final long size;
    private byte[] window = new byte[0];
    private long windowStart;
    private int windowLength;

    LogFileReader(Path path) throws IOException {
        file = new RandomAccessFile(path.toFile(), "r");
        size = file.length();
    }

    long size() {
        return size;
    }

    /** The bytes at {@code offset}, which must be in the file; valid until the next call. */
    ByteBuffer at(long offset, int length) throws IOException {
        if (offset < windowStart || offset + length > windowStart + windowLength) {
            int wanted = (int) Math.min(Math.max(length, WINDOW_BYTES), size - offset);
            if (window.length < wanted) {
                window = new byte[wanted];
            }
            windowLength = 0;
            file.seek(offset);
            file.readFully(window, 0, wanted);
            windowStart = offset;
            windowLength = wanted;
        }
        return ByteBuffer.wrap(window, (int) (offset - windowStart), length).slice();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
