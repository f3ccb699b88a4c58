package dev.varve.blobstore.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Reads a file forwards through a window that grows with what is asked. Used by one thread. */
public final class FileWindow implements AutoCloseable {
    // Not a channel: an interrupt of the reading thread must not close it.
    private final RandomAccessFile file;
    private final long size;
    private byte[] window;
    private long windowStart;
    private int windowLength;

    public FileWindow(Path path, int windowBytes) throws IOException {
        file = new RandomAccessFile(path.toFile(), "r");
        size = file.length();
        window = new byte[(int) Math.min(windowBytes, Math.max(size, 1))];
    }

    /** The file's length at opening. */
    public long size() {
        return size;
    }

    /** The bytes at {@code offset}, which must be in the file; valid until the next call. */
    public ByteBuffer at(long offset, int length) throws IOException {
        if (offset < windowStart || offset + length > windowStart + windowLength) {
            int wanted = (int) Math.min(Math.max(length, window.length), size - offset);
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
