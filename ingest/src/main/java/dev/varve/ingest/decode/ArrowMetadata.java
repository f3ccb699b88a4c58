package dev.varve.ingest.decode;

import com.github.luben.zstd.Zstd;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.BodyCompressionMethod;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.CompressionType;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.KeyValue;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;

/** Checks what Arrow messages say about lengths and positions, and undoes the compression of their buffers. */
final class ArrowMetadata {
    private static final int MOST_FIELDS = 10_000;
    private static final int MOST_DEPTH = 32;
    private static final int MOST_TEXT_BYTES = 4 << 20;

    private int fields;
    private long textBytes;

    private ArrowMetadata() {}

    /** Refuses a schema that is small on the wire and endless to read, since its parts may refer to each other. */
    static void checkSchema(Message message, DecodeLimits limits) {
        Schema schema = (Schema) message.header(new Schema());
        if (schema == null) {
            throw bad("the schema is empty");
        }
        if (schema.fieldsLength() > limits.sourceColumns()) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE,
                    schema.fieldsLength() + " columns; at most " + limits.sourceColumns() + " are allowed");
        }
        ArrowMetadata seen = new ArrowMetadata();
        for (int i = 0; i < schema.fieldsLength(); i++) {
            seen.visit(schema.fields(i), 0);
        }
        seen.visitTexts(schema.customMetadataLength(), schema::customMetadata);
    }

    private void visit(Field field, int depth) {
        if (++fields > MOST_FIELDS || depth > MOST_DEPTH) {
            throw bad("its schema has more than " + MOST_FIELDS + " fields or " + MOST_DEPTH + " levels");
        }
        ByteBuffer name = field.nameAsByteBuffer();
        addText(name == null ? 0 : name.remaining());
        visitTexts(field.customMetadataLength(), field::customMetadata);
        for (int i = 0; i < field.childrenLength(); i++) {
            visit(field.children(i), depth + 1);
        }
    }

    private interface Entries {
        KeyValue at(int index);
    }

    private void visitTexts(int count, Entries entries) {
        for (int i = 0; i < count; i++) {
            KeyValue entry = entries.at(i);
            ByteBuffer key = entry.keyAsByteBuffer();
            ByteBuffer value = entry.valueAsByteBuffer();
            addText(16L + (key == null ? 0 : key.remaining()) + (value == null ? 0 : value.remaining()));
        }
    }

    private void addText(long bytes) {
        textBytes += bytes;
        if (textBytes > MOST_TEXT_BYTES) {
            throw bad("its schema has more than " + MOST_TEXT_BYTES + " bytes of names and metadata");
        }
    }

    /** The batch whose buffers lie in the body, decompressed; the caller closes it and keeps the body. */
    static ArrowRecordBatch batch(RecordBatch batch, ArrowBuf body, BufferAllocator memory, DecodeLimits limits) {
        int rows = count(batch.length(), limits);
        List<ArrowFieldNode> nodes = new ArrayList<>();
        for (int i = 0; i < batch.nodesLength(); i++) {
            FieldNode node = batch.nodes(i);
            count(node.length(), limits);
            if (node.nullCount() < 0 || node.nullCount() > node.length()) {
                throw bad(node.nullCount() + " nulls among " + node.length() + " values");
            }
            nodes.add(new ArrowFieldNode(node.length(), node.nullCount()));
        }
        List<Long> variadic = new ArrayList<>();
        for (int i = 0; i < batch.variadicBufferCountsLength(); i++) {
            long count = batch.variadicBufferCounts(i);
            if (count < 0 || count > batch.buffersLength()) {
                throw bad(count + " buffers of a view");
            }
            variadic.add(count);
        }
        int codec = codec(batch);
        List<ArrowBuf> buffers = new ArrayList<>();
        try {
            long left = limits.sourceBatchBytes();
            for (int i = 0; i < batch.buffersLength(); i++) {
                ArrowBuf part = part(batch.buffers(i), body);
                ArrowBuf plain = codec < 0 ? retained(part) : decompressed(part, codec, memory, left);
                buffers.add(plain);
                left -= codec < 0 ? 0 : plain.capacity();
            }
            // retained once more by the batch; the references taken here are given back below
            return new ArrowRecordBatch(
                    rows, nodes, buffers, NoCompressionCodec.DEFAULT_BODY_COMPRESSION, variadic, false, true);
        } finally {
            buffers.forEach(ArrowBuf::close);
        }
    }

    private static ArrowBuf retained(ArrowBuf buffer) {
        buffer.getReferenceManager().retain();
        return buffer;
    }

    private static int count(long count, DecodeLimits limits) {
        if (count < 0) {
            throw bad(count + " rows");
        }
        if (count > limits.sourceBatchRows()) {
            throw new VarveException(
                            ErrorCode.TOO_LARGE,
                            "an Arrow batch of " + count + " rows; at most " + limits.sourceBatchRows()
                                    + " are allowed")
                    .withHint("send smaller batches");
        }
        return (int) count;
    }

    private static int codec(RecordBatch batch) {
        if (batch.compression() == null) {
            return -1;
        }
        int codec = batch.compression().codec();
        if (batch.compression().method() != BodyCompressionMethod.BUFFER
                || (codec != CompressionType.LZ4_FRAME && codec != CompressionType.ZSTD)) {
            throw bad("compression " + codec + " is not known");
        }
        return codec;
    }

    private static ArrowBuf part(Buffer where, ArrowBuf body) {
        long offset = where.offset();
        long length = where.length();
        if (offset < 0 || length < 0 || offset > body.capacity() || length > body.capacity() - offset) {
            throw bad("a buffer at " + offset + " of " + length + " bytes in a body of " + body.capacity());
        }
        return body.slice(offset, length);
    }

    /** A compressed buffer starts with its length when decompressed, or -1 if it was not worth while. */
    private static ArrowBuf decompressed(ArrowBuf part, int codec, BufferAllocator memory, long left) {
        if (part.capacity() == 0) {
            return retained(part);
        }
        if (part.capacity() < 8) {
            throw bad("a compressed buffer of " + part.capacity() + " bytes");
        }
        long length = part.getLong(0);
        if (length == -1) {
            return retained(part.slice(8, part.capacity() - 8));
        }
        if (length < 0 || length > Math.min(left, Integer.MAX_VALUE)) {
            throw bad("a compressed buffer that becomes " + length + " bytes");
        }
        ArrowBuf plain = memory.buffer(length);
        boolean done = false;
        try {
            ByteBuffer from = part.nioBuffer(8, (int) (part.capacity() - 8));
            if (codec == CompressionType.ZSTD) {
                zstd(from, plain.nioBuffer(0, (int) length), length);
            } else {
                lz4(from, plain, length);
            }
            done = true;
            return plain;
        } finally {
            if (!done) {
                plain.close();
            }
        }
    }

    private static void zstd(ByteBuffer from, ByteBuffer to, long length) {
        if (length == 0) {
            return;
        }
        int written = Zstd.decompress(to, from);
        if (written != length) {
            throw bad("a zstd buffer becomes " + written + " bytes, not " + length);
        }
    }

    private static void lz4(ByteBuffer from, ArrowBuf to, long length) {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        byte[] chunk = new byte[64 << 10];
        try (InputStream in = new FramedLZ4CompressorInputStream(new ByteArrayInputStream(bytes), true)) {
            long at = 0;
            while (at < length) {
                int count = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, length - at));
                if (count == 0) {
                    throw new EOFException("after " + at + " of " + length + " bytes");
                }
                to.setBytes(at, chunk, 0, count);
                at += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an LZ4 buffer is broken: " + e.getMessage(), e);
        }
    }

    private static VarveException bad(String reason) {
        return new VarveException(ErrorCode.BAD_REQUEST, "an Arrow message is broken: " + reason);
    }
}
