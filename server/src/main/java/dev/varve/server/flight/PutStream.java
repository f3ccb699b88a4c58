package dev.varve.server.flight;

import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.Fields;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.RowStore;
import dev.varve.server.wire.Texts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightProducer.StreamListener;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Takes the batches of one {@code DoPut}.
 *
 * <p>Batches are appended as they arrive, some of them at a time, so that the log can write many with one fsync; they
 * are acknowledged in the order they came, each when it is durable. Runs on the call's thread.
 */
final class PutStream {
    /** What is counted. */
    record Counters(Metrics.Counter rows, Metrics.Counter batches) {}

    private record Pending(VectorSchemaRoot rows, CompletableFuture<RowStore.Loaded> stored) {}

    private record Target(
            DatasetName dataset,
            boolean isAllOrNothing,
            @Nullable String idempotencyKey) {}

    private final RowStore store;
    private final int mostPending;
    private final BufferAllocator memory;
    private final Counters counters;
    private final Deque<Pending> pending = new ArrayDeque<>();

    PutStream(RowStore store, int mostPending, BufferAllocator memory, Counters counters) {
        this.store = store;
        this.mostPending = mostPending;
        this.memory = memory;
        this.counters = counters;
    }

    void run(String name, FlightStream stream, StreamListener<PutResult> acks) {
        try (BufferAllocator batches = memory.newChildAllocator(name, 0, Long.MAX_VALUE)) {
            try {
                Target target = target(stream.getDescriptor());
                long number = 0;
                while (stream.next()) {
                    if (!stream.hasRoot()) {
                        continue;
                    }
                    counters.batches.add(1);
                    String key = key(target, stream.getLatestMetadata(), number++);
                    VectorSchemaRoot rows = taken(stream.getRoot(), batches);
                    pending.add(new Pending(rows, store.append(target.dataset(), rows, key, target.isAllOrNothing())));
                    acknowledge(acks, mostPending);
                }
                acknowledge(acks, 0);
            } finally {
                letGo();
            }
        }
    }

    /** Acknowledges from the front what is durable, and waits while more than so many are not. */
    private void acknowledge(StreamListener<PutResult> acks, int mostLeft) {
        while (!pending.isEmpty()
                && (pending.size() > mostLeft || pending.element().stored().isDone())) {
            Pending first = pending.element();
            RowStore.Loaded loaded = join(first.stored());
            pending.remove().rows().close();
            counters.rows.add(loaded.accepted());
            byte[] json = Json.bytes(loaded.json());
            try (ArrowBuf bytes = memory.buffer(json.length)) {
                bytes.writeBytes(json);
                acks.onNext(PutResult.metadata(bytes));
            }
        }
    }

    private static RowStore.Loaded join(CompletableFuture<RowStore.Loaded> stored) {
        try {
            return stored.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The batches must outlive what still reads them, also when the stream has failed. */
    private void letGo() {
        for (Pending left : pending) {
            try {
                left.stored().join();
            } catch (CompletionException | CancellationException failed) {
                // The first failure is the one that is told; this one follows from it or from the same cause.
                counters.batches.add(0);
            } finally {
                left.rows().close();
            }
        }
        pending.clear();
    }

    /** The batch's buffers in a root of our own, without a copy: the stream reuses its root for the next batch. */
    private static VectorSchemaRoot taken(VectorSchemaRoot received, BufferAllocator memory) {
        List<Field> fields = received.getSchema().getFields();
        VectorSchemaRoot own = VectorSchemaRoot.create(received.getSchema(), memory);
        for (int i = 0; i < fields.size(); i++) {
            FieldVector target = own.getVector(i);
            received.getVector(i).makeTransferPair(target).transfer();
        }
        own.setRowCount(received.getRowCount());
        return own;
    }

    private static @Nullable String key(Target target, @Nullable ArrowBuf metadata, long number) {
        if (metadata != null && metadata.readableBytes() > 0) {
            byte[] bytes = new byte[(int) Math.min(metadata.readableBytes(), 1_000)];
            metadata.getBytes(metadata.readerIndex(), bytes);
            return Texts.token("the batch's app_metadata", Texts.utf8(bytes, "the batch's app_metadata"));
        }
        return target.idempotencyKey() == null ? null : target.idempotencyKey() + "#" + number;
    }

    private static Target target(FlightDescriptor descriptor) {
        if (!descriptor.isCommand()) {
            List<String> path = descriptor.getPath();
            if (path.size() != 1) {
                throw new VarveException(ErrorCode.BAD_REQUEST, "the path descriptor is " + path)
                        .withHint("send the dataset's name as the only element");
            }
            return new Target(new DatasetName(path.getFirst()), false, null);
        }
        Fields fields = Json.parseObject(descriptor.getCommand(), "the command");
        DatasetName dataset = new DatasetName(fields.requiredText("dataset"));
        String onError = fields.text("onError");
        String key = fields.text("idempotencyKey");
        fields.end();
        boolean isAllOrNothing = switch (onError == null ? "reject-row" : onError) {
            case "reject-row" -> false;
            case "reject-batch" -> true;
            default ->
                throw new VarveException(
                        ErrorCode.BAD_REQUEST, "onError is '" + onError + "'; it must be reject-row or reject-batch");
        };
        return new Target(dataset, isAllOrNothing, key == null ? null : Texts.token("idempotencyKey", key));
    }
}
