package dev.varve.blobstore;

import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectRules;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A range of an object as a stream, read ahead a piece at a time; closing it leaves the reader open. */
final class ObjectInput extends InputStream {
    private static final int READ_BYTES = 1 << 20;

    private final ObjectReader reader;
    private final ByteBuffer buffer;
    private long at;
    private final long end;

    private ObjectInput(ObjectReader reader, long offset, long length) {
        this.reader = reader;
        this.at = offset;
        this.end = offset + length;
        this.buffer = ByteBuffer.allocate((int) Math.min(READ_BYTES, length)).limit(0);
    }

    static ObjectInput range(ObjectReader reader, long offset, long length) {
        ObjectRules.checkRange(offset, length, reader.object().size());
        return new ObjectInput(reader, offset, length);
    }

    private boolean fill() {
        if (buffer.hasRemaining()) {
            return true;
        }
        if (at >= end) {
            return false;
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
        at += buffer.remaining();
        reader.read(at - buffer.remaining(), buffer);
        buffer.flip();
        return true;
    }

    @Override
    public int read() {
        return fill() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(bytes, offset, count);
        return count;
    }
}
