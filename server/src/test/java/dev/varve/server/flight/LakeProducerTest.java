package dev.varve.server.flight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.fake.FakeEngine;
import dev.varve.server.fake.FakeRows;
import dev.varve.server.metrics.Metrics;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightProducer.CallContext;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.flight.FlightServerMiddleware;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LakeProducerTest {
    /** A client that takes nothing until it is told to; its handlers run where gRPC runs them, after the call's method. */
    private static final class Client implements ServerStreamListener {
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile boolean isReady;
        private volatile boolean isCancelled;
        private Runnable onReady = () -> {};
        private Runnable onCancel = () -> {};
        private final AtomicLong rows = new AtomicLong();
        private @Nullable VectorSchemaRoot root;

        void takes() {
            isReady = true;
            onReady.run();
        }

        void goes() {
            isCancelled = true;
            onCancel.run();
        }

        @Override
        public boolean isReady() {
            return isReady;
        }

        @Override
        public boolean isCancelled() {
            return isCancelled;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            onReady = handler;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            onCancel = handler;
        }

        @Override
        public void start(VectorSchemaRoot batches, DictionaryProvider dictionaries, IpcOption option) {
            root = batches;
        }

        @Override
        public void putNext() {
            rows.addAndGet(root == null ? 0 : root.getRowCount());
        }

        @Override
        public void putNext(ArrowBuf metadata) {
            putNext();
        }

        @Override
        public void putMetadata(ArrowBuf metadata) {}

        @Override
        public void error(Throwable failure) {
            ended.countDown();
        }

        @Override
        public void completed() {
            ended.countDown();
        }
    }

    @Test
    void theCallsThreadIsNotHeldWhileTheClientTakesNothing() throws InterruptedException {
        try (BufferAllocator memory = new RootAllocator();
                ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
            Client client = new Client();
            ask(new FakeEngine(memory), memory, workers, client);
            assertThat(client.rows).hasValue(0);
            client.takes();
            client.ended.await();
            assertThat(client.rows).hasValue(5_000);
        }
    }

    @Test
    void aClientThatGoesWhileItTakesNothingEndsItsQuery() throws InterruptedException {
        try (BufferAllocator memory = new RootAllocator();
                ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
            FakeEngine engine = new FakeEngine(memory);
            Client client = new Client();
            ask(engine, memory, workers, client);
            while (engine.running().isEmpty()) {
                Thread.sleep(5);
            }
            client.goes();
            while (!engine.running().isEmpty()) {
                Thread.sleep(5);
            }
            assertThat(client.rows).hasValue(0);
        }
    }

    /** A call of which nothing is known but its id. */
    private static final class Call implements CallContext {
        private final Map<FlightServerMiddleware.Key<?>, FlightServerMiddleware> middleware =
                Map.of(CallId.KEY, CallId.of(new FlightCallHeaders()));

        @Override
        public String peerIdentity() {
            return "";
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        @SuppressWarnings("unchecked") // the key says of which type it is
        public <T extends FlightServerMiddleware> T getMiddleware(FlightServerMiddleware.Key<T> key) {
            return (T) Objects.requireNonNull(middleware.get(key));
        }

        @Override
        public Map<FlightServerMiddleware.Key<?>, FlightServerMiddleware> getMiddleware() {
            return middleware;
        }
    }

    private static void ask(FakeEngine engine, BufferAllocator memory, ExecutorService workers, Client client) {
        new LakeProducer(
                        FlightConfig.DEFAULT,
                        new FlightService.Parts(engine, new FakeRows(), new Metrics(), () -> true),
                        workers,
                        memory)
                .getStream(new Call(), new Ticket("rows 5000".getBytes(StandardCharsets.UTF_8)), client);
    }
}
