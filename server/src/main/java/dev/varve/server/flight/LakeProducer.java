package dev.varve.server.flight;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.log.RequestId;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.SqlRequest;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightEndpoint;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.NoOpFlightProducer;
import org.apache.arrow.flight.PutResult;
import org.apache.arrow.flight.SchemaResult;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.Schema;

/** Answers Flight calls. */
final class LakeProducer extends NoOpFlightProducer {
    private final FlightConfig config;
    private final FlightService.Parts parts;
    private final Executor workers;
    private final BufferAllocator memory;
    private final Metrics.Counter rowsOut;
    private final PutStream.Counters rowsIn;
    private final AtomicLong streams = new AtomicLong();

    LakeProducer(FlightConfig config, FlightService.Parts parts, Executor workers, BufferAllocator memory) {
        this.config = config;
        this.parts = parts;
        this.workers = workers;
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
        String id = CallId.of(context);
        GetStream stream = new GetStream(parts.engine(), listener, memory, rowsOut, config.clientTimeout());
        try {
            requireReady();
            workers.execute(() -> {
                try (RequestId.Scope _ = RequestId.begin(id)) {
                    stream.run(ticket.getBytes());
                }
            });
        } catch (VarveException | RejectedExecutionException failure) {
            stream.fail(failure);
        }
    }

    @Override
    public FlightInfo getFlightInfo(CallContext context, FlightDescriptor descriptor) {
        try (RequestId.Scope _ = RequestId.begin(CallId.of(context))) {
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
        try (RequestId.Scope _ = RequestId.begin(CallId.of(context))) {
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
        String id = CallId.of(context);
        return () -> {
            try (RequestId.Scope _ = RequestId.begin(id)) {
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
