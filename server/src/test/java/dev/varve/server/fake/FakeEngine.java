package dev.varve.server.fake;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.log.RequestId;
import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlEngine;
import dev.varve.server.wire.SqlRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Understands four sentences: {@code rows N}, {@code rows N then fail}, {@code wait} until cancelled, and {@code break}
 * like a bug would; everything else is an invalid statement.
 */
public final class FakeEngine implements SqlEngine {
    private static final int BATCH = 1_000;
    private static final Schema SCHEMA = new Schema(
            List.of(Field.nullable("n", new ArrowType.Int(64, true)), Field.nullable("text", ArrowType.Utf8.INSTANCE)));

    private final BufferAllocator memory;
    private final Map<String, CountDownLatch> running = new ConcurrentHashMap<>();
    private final Queue<String> requestIds = new ConcurrentLinkedQueue<>();

    public FakeEngine(BufferAllocator memory) {
        this.memory = memory;
    }

    @Override
    public SqlAnswer start(SqlRequest request, String id) {
        requestIds.add(String.valueOf(RequestId.current()));
        String[] words = request.sql().strip().split(" ", -1);
        switch (words[0]) {
            case "rows", "wait" -> {}
            case "break" -> throw new IllegalStateException("secret inner workings");
            default ->
                throw new VarveException(ErrorCode.SQL_INVALID, "unknown word " + words[0])
                        .at(new VarveException.Position(1, 1))
                        .withHint("did you mean 'rows'?");
        }
        CountDownLatch cancelled = new CountDownLatch(1);
        running.put(id, cancelled);
        long rows = words[0].equals("wait") ? -1 : Math.min(Long.parseLong(words[1]), request.limit());
        return new Answer(id, rows, words.length > 2, cancelled);
    }

    /** Of each statement that was started. */
    public List<String> requestIds() {
        return List.copyOf(requestIds);
    }

    @Override
    public Schema schemaOf(SqlRequest request) {
        return SCHEMA;
    }

    @Override
    public long exportParquet(SqlRequest request, String id, Path target) {
        try {
            Files.writeString(target, "PAR1 " + request.sql());
            return 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<Running> running() {
        return running.keySet().stream()
                .map(id -> new Running(id, "?", Duration.ZERO))
                .toList();
    }

    @Override
    public boolean cancel(String id) {
        CountDownLatch query = running.get(id);
        if (query != null) {
            query.countDown();
        }
        return query != null;
    }

    private final class Answer implements SqlAnswer {
        private final String id;
        private final long rows;
        private final boolean fails;
        private final CountDownLatch cancelled;
        private final VectorSchemaRoot batch = VectorSchemaRoot.create(SCHEMA, memory);
        private long sent;

        Answer(String id, long rows, boolean fails, CountDownLatch cancelled) {
            this.id = id;
            this.rows = rows;
            this.fails = fails;
            this.cancelled = cancelled;
        }

        @Override
        public Schema schema() {
            return SCHEMA;
        }

        @Override
        public boolean next() {
            if (rows < 0) {
                awaitCancel();
            }
            if (cancelled.getCount() == 0) {
                throw new VarveException(ErrorCode.CANCELLED, "query " + id + " was cancelled");
            }
            if (sent == rows && fails) {
                throw new VarveException(ErrorCode.SQL_RUNTIME, "row " + sent + " cannot be had");
            }
            int count = (int) Math.min(BATCH, rows - sent);
            batch.allocateNew();
            for (int i = 0; i < count; i++) {
                ((BigIntVector) batch.getVector(0)).setSafe(i, sent + i);
                ((VarCharVector) batch.getVector(1)).setSafe(i, ("row " + (sent + i)).getBytes(StandardCharsets.UTF_8));
            }
            batch.setRowCount(count);
            sent += count;
            return count > 0;
        }

        private void awaitCancel() {
            try {
                cancelled.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public VectorSchemaRoot batch() {
            return batch;
        }

        @Override
        public Stats stats() {
            return new Stats(sent, 1, 2, 3, 4, 5, 6, 7);
        }

        @Override
        public void close() {
            batch.close();
            running.remove(id);
        }
    }
}
