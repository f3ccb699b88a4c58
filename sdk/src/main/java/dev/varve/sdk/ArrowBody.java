package dev.varve.sdk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** A batch as an Arrow IPC stream on the heap, so that it can be sent again. */
final class ArrowBody implements WritableByteChannel {
    static final String CONTENT_TYPE = "application/vnd.apache.arrow.stream";

    private byte[] bytes;
    private int size;

    private ArrowBody(int expectedBytes) {
        this.bytes = new byte[expectedBytes];
    }

    /** Copies the batch; it may change afterwards. */
    static BodyPublisher of(VectorSchemaRoot batch) {
        long vectors = batch.getFieldVectors().stream()
                .mapToLong(vector -> vector.getBufferSize())
                .sum();
        int expected = (int) Math.min(Integer.MAX_VALUE - 64L, vectors + vectors / 16 + 8_192);
        ArrowBody body = new ArrowBody(expected);
        try (ArrowStreamWriter writer = new ArrowStreamWriter(batch, null, body)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BodyPublishers.ofByteArray(body.bytes, 0, body.size);
    }

    @Override
    public int write(ByteBuffer source) {
        int length = source.remaining();
        if (bytes.length - size < length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length + bytes.length / 2, Math.addExact(size, length)));
        }
        source.get(bytes, size, length);
        size += length;
        return length;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // Bytes on the heap need no closing.
    }
}
