package dev.varve.blobstore;

import dev.varve.blobstore.object.ObjectReader;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** An object's bytes as a channel. Used by one thread. */
final class ObjectChannel implements SeekableByteChannel {
    private final ObjectReader reader;
    private long position;
    private boolean isClosed;

    ObjectChannel(ObjectReader reader) {
        this.reader = reader;
    }

    @Override
    public int read(ByteBuffer target) throws ClosedChannelException {
        if (isClosed) {
            throw new ClosedChannelException();
        }
        long left = reader.object().size() - position;
        if (left <= 0) {
            return -1;
        }
        int limit = target.limit();
        int count = (int) Math.min(left, target.remaining());
        try {
            reader.read(position, target.limit(target.position() + count));
        } finally {
            target.limit(limit);
        }
        position += count;
        return count;
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long changed) {
        if (changed < 0) {
            throw new IllegalArgumentException("position " + changed);
        }
        position = changed;
        return this;
    }

    @Override
    public long size() {
        return reader.object().size();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return !isClosed;
    }

    @Override
    public void close() {
        isClosed = true;
        reader.close();
    }
}
