package dev.varve.server.flight;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.RowStore;
import dev.varve.server.wire.SqlEngine;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.arrow.flight.FlightServer;
import org.apache.arrow.flight.Location;
import org.apache.arrow.memory.BufferAllocator;

/** The Arrow Flight server; every call runs on a virtual thread of its own. */
public final class FlightService implements AutoCloseable {
    /** What the endpoint speaks for. */
    public record Parts(SqlEngine engine, RowStore rows, Metrics metrics, BooleanSupplier isReady) {}

    private final FlightServer server;
    private final ExecutorService workers;
    private final BufferAllocator memory;

    private FlightService(FlightServer server, ExecutorService workers, BufferAllocator memory) {
        this.server = server;
        this.workers = workers;
        this.memory = memory;
    }

    /** Takes over a child of {@code parent} for the batches that go through it. */
    public static FlightService start(FlightConfig config, Parts parts, BufferAllocator parent) {
        ExecutorService workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("flight-", 0).factory());
        BufferAllocator memory = parent.newChildAllocator("flight", 0, Long.MAX_VALUE);
        FlightServer server = FlightServer.builder(
                        memory,
                        Location.forGrpcInsecure(config.host(), config.port()),
                        new LakeProducer(config, parts, workers, memory))
                .executor(workers)
                .middleware(CallId.KEY, CallId.FACTORY)
                .maxInboundMessageSize(config.maxMessageBytes())
                .build();
        try {
            server.start();
        } catch (IOException e) {
            workers.close();
            memory.close();
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "cannot listen on " + config.host() + ":" + config.port() + " for Flight: "
                                    + e.getMessage(),
                            e)
                    .withHint("stop what listens there, or choose another port with --flight-port");
        }
        return new FlightService(server, workers, memory);
    }

    /** The port that is listened on. */
    public int port() {
        return server.getPort();
    }

    /** Takes no new calls and waits for those that run, or for so long; says whether none is left. */
    public boolean awaitIdle(Duration most) throws InterruptedException {
        server.shutdown();
        return server.awaitTermination(most.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        try {
            server.close();
            workers.shutdownNow();
            workers.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        memory.close();
    }
}
