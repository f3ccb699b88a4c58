package dev.varve.ingest.decode;

import com.google.flatbuffers.Table;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.DictionaryUtility;
import org.jspecify.annotations.Nullable;

/**
 * The batches of an Arrow IPC stream that nobody has to trust: every length is checked before memory is taken for it and
 * before anything is read by it. Used by one thread.
 *
 * <p>The library's own reader believes lengths and positions in a message, so that a few bad bytes cost gigabytes or
 * read memory that is not theirs.
 */
final class ArrowStream implements TypedBody {
    private static final int CONTINUATION = 0xFFFF_FFFF;
    private static final int MOST_METADATA_BYTES = 16 << 20;
    private static final int CHUNK_BYTES = 8 << 20;

    private final InputStream in;
    private final DecodeLimits limits;
    private final BufferAllocator memory;
    private final Map<Long, Dictionary> dictionaries = new HashMap<>();
    private final VectorSchemaRoot root;
    private long batches;

    ArrowStream(InputStream in, BufferAllocator parent, DecodeLimits limits) {
        this.in = in;
        this.limits = limits;
        // a batch, its decompressed copy and dictionaries
        memory = parent.newChildAllocator("arrow stream", 0, 4 * limits.sourceBatchBytes());
        VectorSchemaRoot made = null;
        try {
            made = guarded(this::readSchema);
        } finally {
            if (made == null) {
                dictionaries
                        .values()
                        .forEach(dictionary -> dictionary.getVector().close());
                memory.close();
            }
        }
        root = made;
    }

    @Override
    public VectorSchemaRoot root() {
        return root;
    }

    @Override
    public DictionaryProvider dictionaries() {
        return new DictionaryProvider.MapDictionaryProvider(
                dictionaries.values().toArray(Dictionary[]::new));
    }

    /** Loads the next batch into the root; false at the end of the stream. */
    @Override
    public boolean next() {
        return guarded(this::readBatch);
    }

    private interface Step<T> {
        T run() throws IOException;
    }

    private <T> T guarded(Step<T> step) {
        try {
            return step.run();
        } catch (OutOfMemoryException e) {
            throw new VarveException(ErrorCode.TOO_LARGE, where() + " needs more memory than it may have", e)
                    .withHint("send smaller batches");
        } catch (VarveException e) {
            throw e;
        } catch (IOException | RuntimeException | StackOverflowError | AssertionError e) {
            // the library says by all kinds of errors that a message makes no sense
            throw new VarveException(ErrorCode.BAD_REQUEST, where() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private String where() {
        return "batch " + (batches + 1) + " of the Arrow stream";
    }

    private VarveException bad(String reason) {
        return new VarveException(ErrorCode.BAD_REQUEST, where() + " is broken: " + reason)
                .withHint("send the Arrow IPC streaming format, whole");
    }

    private VectorSchemaRoot readSchema() throws IOException {
        Message message = readMessage();
        if (message == null || message.headerType() != MessageHeader.Schema || message.bodyLength() != 0) {
            throw bad("the stream does not start with a schema");
        }
        ArrowMetadata.checkSchema(message, limits);
        Schema sent = MessageSerializer.deserializeSchema(message);
        List<Field> fields = new ArrayList<>();
        for (Field field : sent.getFields()) {
            fields.add(DictionaryUtility.toMemoryFormat(field, memory, dictionaries));
        }
        return VectorSchemaRoot.create(new Schema(fields), memory);
    }

    private boolean readBatch() throws IOException {
        root.clear();
        while (true) {
            Message message = readMessage();
            if (message == null) {
                return false;
            }
            long bodyBytes = message.bodyLength();
            if (bodyBytes < 0) {
                throw bad("a body of " + bodyBytes + " bytes");
            }
            if (bodyBytes > limits.sourceBatchBytes()) {
                throw new VarveException(
                                ErrorCode.TOO_LARGE,
                                where() + " has " + bodyBytes + " bytes; at most " + limits.sourceBatchBytes()
                                        + " are allowed")
                        .withHint("send smaller batches");
            }
            try (ArrowBuf body = readBody(bodyBytes)) {
                switch (message.headerType()) {
                    case MessageHeader.RecordBatch -> {
                        RecordBatch batch = (RecordBatch) header(message, new RecordBatch());
                        load(batch, body, root);
                        batches++;
                        return true;
                    }
                    case MessageHeader.DictionaryBatch ->
                        loadDictionary((DictionaryBatch) header(message, new DictionaryBatch()), body);
                    default -> throw bad("a message of kind " + message.headerType());
                }
            }
        }
    }

    private Table header(Message message, Table empty) {
        Table header = message.header(empty);
        if (header == null) {
            throw bad("a message without a header");
        }
        return header;
    }

    private void loadDictionary(DictionaryBatch batch, ArrowBuf body) {
        Dictionary dictionary = dictionaries.get(batch.id());
        if (dictionary == null || batch.data() == null) {
            throw bad("dictionary " + batch.id() + " is not in the schema");
        }
        if (batch.isDelta()) {
            throw bad("dictionary " + batch.id() + " comes in pieces, which is not supported");
        }
        FieldVector vector = dictionary.getVector();
        load(batch.data(), body, new VectorSchemaRoot(List.of(vector.getField()), List.of(vector), 0));
    }

    private void load(RecordBatch batch, ArrowBuf body, VectorSchemaRoot target) {
        try (ArrowRecordBatch checked = ArrowMetadata.batch(batch, body, memory, limits)) {
            new VectorLoader(target).load(checked);
        }
    }

    private @Nullable Message readMessage() throws IOException {
        byte[] word = in.readNBytes(4);
        if (word.length == 0) {
            return null;
        }
        int length = toInt(word);
        if (length == CONTINUATION) {
            length = toInt(in.readNBytes(4));
        }
        if (length == 0) {
            return null;
        }
        if (length < 8 || length > MOST_METADATA_BYTES) {
            throw bad("a message of " + length + " bytes");
        }
        byte[] metadata = in.readNBytes(length);
        if (metadata.length < length) {
            throw bad("the stream ends in the middle of it");
        }
        return Message.getRootAsMessage(ByteBuffer.wrap(metadata).order(ByteOrder.LITTLE_ENDIAN));
    }

    private int toInt(byte[] word) {
        if (word.length < 4) {
            throw bad("the stream ends in the middle of it");
        }
        return ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    /** Takes memory as bytes arrive, not as they are announced. */
    private ArrowBuf readBody(long bytes) throws IOException {
        ArrowBuf body = memory.buffer(Math.min(bytes, CHUNK_BYTES));
        boolean done = false;
        try {
            byte[] chunk = new byte[(int) Math.min(bytes, 64 << 10)];
            long at = 0;
            while (at < bytes) {
                int count = in.readNBytes(chunk, 0, (int) Math.min(bytes - at, chunk.length));
                if (count == 0) {
                    throw bad("the stream ends after " + at + " of its " + bytes + " bytes");
                }
                if (at + count > body.capacity()) {
                    ArrowBuf larger = memory.buffer(Math.min(bytes, 2 * body.capacity()));
                    larger.setBytes(0, body, 0, at);
                    body.close();
                    body = larger;
                }
                body.setBytes(at, chunk, 0, count);
                at += count;
            }
            done = true;
            return body;
        } finally {
            if (!done) {
                body.close();
            }
        }
    }

    @Override
    public void close() {
        root.close();
        dictionaries.values().forEach(dictionary -> dictionary.getVector().close());
        memory.close();
    }
}
