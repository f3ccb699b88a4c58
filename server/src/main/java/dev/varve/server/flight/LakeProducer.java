package dev.varve.server.flight;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.BackpressureStrategy.WaitResult;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SchemaResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/** Answers Flight calls. */
final class LakeProducer extends NoOpFlightProducer {
    private static final long LOOK_MILLIS = 1_000;

    private final FlightConfig config;
    private final FlightService.Parts parts;
    private final BufferAllocator memory;
    private final Metrics.Counter rowsOut;
    private final PutStream.Counters rowsIn;
    private final AtomicLong streams = new AtomicLong();

    LakeProducer(FlightConfig config, FlightService.Parts parts, BufferAllocator memory) {
        this.config = config;
        this.parts = parts;
        this.memory = memory;
        this.rowsOut = parts.metrics().counter("varve_flight_rows", "Rows sent by DoGet.");
        this.rowsIn = new PutStream.Counters(
                parts.metrics().counter("varve_flight_put_rows", "Rows accepted by DoPut."),
                parts.metrics().counter("varve_flight_put_batches", "Batches received by DoPut."));
    }

    private void requireReady() {
        if (!parts.isReady().getAsBoolean()) {
            throw new VarveException(ErrorCode.NOT_READY, "the node is starting or stopping")
                    .withHint("try again in a moment");
        }
    }

    @Override
    public void getStream(CallContext context, Ticket ticket, ServerStreamListener listener) {
        String id = UUID.randomUUID().toString();
        try {
            requireReady();
            BackpressureStrategy pressure = new BackpressureStrategy.CallbackBackpressureStrategy();
            pressure.register(listener);
            try (SqlAnswer answer = parts.engine().start(SqlRequest.ofJsonOrSql(ticket.getBytes()), id)) {
                Thread watch = cancelWhenGone(listener, id);
                try {
                    send(answer, listener, pressure, id);
                } finally {
                    watch.interrupt();
                }
            }
            if (!listener.isCancelled()) {
                listener.completed();
            }
        } catch (Throwable failure) {
            // A call ends here.
            if (!listener.isCancelled()) {
                listener.error(FlightProblem.of(failure, id));
            }
        }
    }

    /** The strategy owns the listener's one cancel handler, so cancelling is looked for instead. */
    private Thread cancelWhenGone(ServerStreamListener listener, String id) {
        return Thread.ofVirtual().name("watch " + id).start(() -> {
            try {
                while (!listener.isCancelled()) {
                    Thread.sleep(50);
                }
                parts.engine().cancel(id);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /**
     * Copies each batch out of the query's memory and lets Flight send that copy as it is: while the network takes one batch
     * the engine computes the next, and nothing of the query is held when it ends.
     */
    private void send(SqlAnswer answer, ServerStreamListener listener, BackpressureStrategy pressure, String id) {
        try (VectorSchemaRoot root = VectorSchemaRoot.create(answer.schema(), memory)) {
            listener.setUseZeroCopy(true);
            listener.start(root);
            VectorLoader loader = new VectorLoader(root);
            while (answer.next()) {
                awaitReady(pressure, id);
                try (ArrowRecordBatch copy = copied(answer.batch())) {
                    loader.load(copy);
                }
                rowsOut.add(root.getRowCount());
                listener.putNext();
                root.clear();
            }
        }
    }

    private ArrowRecordBatch copied(VectorSchemaRoot batch) {
        List<ArrowBuf> copies = new ArrayList<>();
        try (ArrowRecordBatch shared = new VectorUnloader(batch).getRecordBatch()) {
            for (ArrowBuf buffer : shared.getBuffers()) {
                ArrowBuf copy = memory.buffer(buffer.readableBytes());
                copies.add(copy);
                copy.setBytes(0, buffer, buffer.readerIndex(), buffer.readableBytes());
                copy.writerIndex(buffer.readableBytes());
            }
            return new ArrowRecordBatch(shared.getLength(), shared.getNodes(), copies);
        } finally {
            copies.forEach(ArrowBuf::close);
        }
    }

    private void awaitReady(BackpressureStrategy pressure, String id) {
        long waitedMillis = 0;
        while (true) {
            WaitResult result = pressure.waitForListener(LOOK_MILLIS);
            switch (result) {
                case READY -> {
                    return;
                }
                case CANCELLED ->
                    throw new VarveException(ErrorCode.CANCELLED, "query " + id + " was cancelled by its client");
                case TIMEOUT, OTHER -> {
                    waitedMillis += LOOK_MILLIS;
                    if (waitedMillis >= config.clientTimeout().toMillis()) {
                        throw new VarveException(
                                ErrorCode.TIMEOUT,
                                "the client of query " + id + " took no batch for " + waitedMillis + " ms");
                    }
                }
            }
        }
    }

    @Override
    public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        try {
            byte[] command = command(descriptor);
            Schema schema = parts.engine().schemaOf(SqlRequest.ofJsonOrSql(command));
            // No location: the client asks where it asked for this.
            return new FlightInfo(schema, descriptor, List.of(new FlightEndpoint(new Ticket(command))), -1, -1);
        } catch (RuntimeException failure) {
            throw FlightProblem.of(failure, null);
        }
    }

    @Override
    public SchemaResult getSchema(CallContext context, FlightDescriptor descriptor) {
        try {
            return new SchemaResult(parts.engine().schemaOf(SqlRequest.ofJsonOrSql(command(descriptor))));
        } catch (RuntimeException failure) {
            throw FlightProblem.of(failure, null);
        }
    }

    private byte[] command(FlightDescriptor descriptor) {
        requireReady();
        if (!descriptor.isCommand()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "a path descriptor names no question")
                    .withHint("send a command descriptor with the SQL text, or with {\"sql\": …}");
        }
        return descriptor.getCommand();
    }

    @Override
    public Runnable acceptPut(CallContext context, FlightStream stream, StreamListener<PutResult> acks) {
        return () -> {
            try {
                requireReady();
                String name = "put " + streams.incrementAndGet();
                new PutStream(parts.rows(), config.inFlight(), memory, rowsIn).run(name, stream, acks);
                acks.onCompleted();
            } catch (Throwable failure) {
                // A call ends here.
                acks.onError(FlightProblem.of(failure, null));
            }
        };
    }

    @Override
    public void listFlights(CallContext context, Criteria criteria, StreamListener<FlightInfo> listener) {
        listener.onCompleted();
    }
}
