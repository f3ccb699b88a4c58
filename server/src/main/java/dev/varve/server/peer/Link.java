package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All requests to one node, over one connection, which is made when it is needed and given up when it is broken.
 *
 * <p>A node that is killed resets its connections, and whoever has asked knows at once. A node that is stopped, or cut off,
 * says nothing: while answers are awaited and nothing was heard for a while, it is asked whether it is there, and when it
 * does not answer that either, the connection and all requests on it are given up. Thread-safe.
 */
final class Link {
    private static final Logger LOG = LoggerFactory.getLogger(Link.class);
    static final String PING = "varve.ping";
    private static final long SILENCE = Duration.ofMillis(750).toNanos();
    private static final long PING_PATIENCE = Duration.ofSeconds(2).toNanos();
    /** A connection that nothing came over yet may still be at its handshake, which a busy machine is slow at. */
    private static final long CONNECT_PATIENCE = Duration.ofSeconds(5).toNanos();
    /** Looks further apart tell that this process itself stood still. */
    private static final long LONGEST_LOOK = Duration.ofSeconds(1).toNanos();
    /** A connection that failed is not tried again sooner. */
    private static final long PAUSE = Duration.ofMillis(20).toNanos();

    private final String self;
    private final String node;
    private final PeerConfig limits;
    private final Connecting connecting;
    private final ScheduledExecutorService timer;
    private final Map<String, MethodDescriptor<ByteBuffer, ByteBuffer>> methods = new ConcurrentHashMap<>();

    // All of these belong to the lock of this object.
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long inFlight;
    private int awaited;
    private @Nullable Connection connection;
    private boolean closed;

    /** When the node was heard last, or there was nothing to be heard. */
    private volatile long heard = System.nanoTime();

    private volatile boolean isPinged;

    /** Whether anything came over the present connection. */
    private volatile boolean isProven;

    private volatile long looked = System.nanoTime();

    /** Where a node listens. */
    record Address(String host, int port) {}

    /** Begins a connection, without waiting for it. */
    interface Connecting {
        ManagedChannel connect(Address address);
    }

    private record Connection(Address address, ManagedChannel channel, long since) {}

    private record Waiting(Ask ask, Address address, ScheduledFuture<?> expiry) {}

    private record Ready(Ask ask, ManagedChannel channel) {}

    Link(String self, String node, PeerConfig limits, Connecting connecting, ScheduledExecutorService timer) {
        this.self = self;
        this.node = node;
        this.limits = limits;
        this.connecting = connecting;
        this.timer = timer;
    }

    void send(Ask ask, Address address) {
        ManagedChannel channel;
        synchronized (this) {
            if (closed) {
                ask.fail(ErrorCode.UNKNOWN_OUTCOME, "this node is stopping");
                return;
            }
            boolean hasRoom = ask.isSmall()
                    ? inFlight + ask.cost() <= 2 * limits.mostInFlight()
                    : waiting.isEmpty() && (inFlight == 0 || inFlight + ask.cost() <= limits.mostInFlight());
            if (!hasRoom) {
                enqueue(ask, address);
                return;
            }
            take(ask);
            channel = channel(address);
        }
        call(channel, ask);
    }

    private void enqueue(Ask ask, Address address) {
        if (waitingBytes + ask.cost() > limits.mostWaiting()) {
            ask.answer()
                    .completeExceptionally(new VarveException(
                            ErrorCode.OVERLOADED,
                            "%d bytes of requests to node %s are on their way and %d wait"
                                    .formatted(inFlight, node, waitingBytes)));
            return;
        }
        ScheduledFuture<?> expiry = timer.schedule(
                () -> expire(ask), Math.max(0, ask.deadline() - System.nanoTime()), TimeUnit.NANOSECONDS);
        waiting.add(new Waiting(ask, address, expiry));
        waitingBytes += ask.cost();
    }

    private void expire(Ask ask) {
        synchronized (this) {
            if (waiting.removeIf(queued -> queued.ask().equals(ask))) {
                waitingBytes -= ask.cost();
            }
        }
        ask.fail(ErrorCode.UNKNOWN_OUTCOME, "too much is on its way there, and the time is over");
    }

    private void take(Ask ask) {
        if (awaited == 0) {
            heard = System.nanoTime();
        }
        awaited++;
        inFlight += ask.cost();
    }

    private void finish(Ask ask) {
        List<Ready> next = new ArrayList<>();
        synchronized (this) {
            awaited--;
            inFlight -= ask.cost();
            while (!waiting.isEmpty() && !closed) {
                Waiting first = waiting.element();
                if (inFlight > 0 && inFlight + first.ask().cost() > limits.mostInFlight()) {
                    break;
                }
                waiting.remove();
                first.expiry().cancel(false);
                waitingBytes -= first.ask().cost();
                take(first.ask());
                next.add(new Ready(first.ask(), channel(first.address())));
            }
        }
        next.forEach(ready -> call(ready.channel(), ready.ask()));
    }

    /** The connection to an address; a new one if the last has failed or led elsewhere. */
    private ManagedChannel channel(Address address) {
        Connection current = connection;
        if (current != null) {
            boolean isThere = current.address().equals(address);
            boolean hasFailed = current.channel().getState(false) == ConnectivityState.TRANSIENT_FAILURE;
            if (isThere && (!hasFailed || System.nanoTime() - current.since() < PAUSE)) {
                return current.channel();
            }
            current.channel().shutdownNow();
        }
        Connection made = new Connection(address, connecting.connect(address), System.nanoTime());
        connection = made;
        isProven = false;
        heard = made.since();
        return made.channel();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // only looks whether it was cancelled
    private void call(ManagedChannel channel, Ask ask) {
        ClientCall<ByteBuffer, ByteBuffer> call = channel.newCall(
                methods.computeIfAbsent(ask.method(), Wire::method),
                CallOptions.DEFAULT.withDeadlineAfter(ask.deadline() - System.nanoTime(), TimeUnit.NANOSECONDS));
        Metadata headers = new Metadata();
        headers.put(Wire.FROM, self);
        if (ask.requestId() != null) {
            headers.put(Wire.REQUEST_ID, ask.requestId());
        }
        call.start(new Answer(ask), headers);
        ask.answer().whenComplete((value, failure) -> {
            if (ask.answer().isCancelled()) {
                call.cancel("nobody waits any more", null);
            }
        });
        try {
            call.request(2);
            call.sendMessage(ask.request());
            call.halfClose();
        } catch (RuntimeException failure) {
            call.cancel("the request cannot be sent", failure);
        }
    }

    private final class Answer extends ClientCall.Listener<ByteBuffer> {
        private final Ask ask;
        private @Nullable ByteBuffer message;

        Answer(Ask ask) {
            this.ask = ask;
        }

        @Override
        public void onMessage(ByteBuffer value) {
            hear();
            message = value;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            finish(ask);
            ByteBuffer found = message;
            VarveException told = Wire.failure(trailers);
            if (status.isOk() && found != null) {
                ask.answer().complete(found);
            } else if (told != null) {
                hear();
                ask.answer().completeExceptionally(told);
            } else {
                ask.fail(ErrorCode.UNKNOWN_OUTCOME, reason(status));
            }
        }
    }

    private void hear() {
        heard = System.nanoTime();
        isProven = true;
    }

    private static String reason(Status status) {
        StringBuilder text = new StringBuilder(
                status.getDescription() == null ? status.getCode().name() : status.getDescription());
        Throwable cause = status.getCause();
        for (int depth = 0; cause != null && depth < 4; depth++) {
            text.append(", ").append(cause.getMessage() == null ? cause.toString() : cause.getMessage());
            cause = cause.getCause();
        }
        return text.toString();
    }

    /** Looks whether answers are awaited in vain; to be called a few times a second. */
    @SuppressWarnings("FutureReturnValueIgnored") // the answer itself is what counts
    void check() {
        ManagedChannel channel;
        long now = System.nanoTime();
        boolean stoodStill = now - looked > LONGEST_LOOK;
        looked = now;
        if (stoodStill) {
            heard = now;
        }
        synchronized (this) {
            Connection current = connection;
            if (awaited == 0 || current == null || isPinged || System.nanoTime() - heard < SILENCE) {
                return;
            }
            channel = current.channel();
            isPinged = true;
        }
        long before = heard;
        long patience = isProven ? PING_PATIENCE : CONNECT_PATIENCE;
        Ask ping = Ask.of(node, PING, ByteBuffer.allocate(0), System.nanoTime() + patience);
        synchronized (this) {
            take(ping);
        }
        ping.answer().whenComplete((value, failure) -> {
            isPinged = false;
            if (failure != null && heard == before) {
                giveUp(channel);
            }
        });
        call(channel, ping);
    }

    private void giveUp(ManagedChannel silent) {
        synchronized (this) {
            Connection current = connection;
            if (current == null || !current.channel().equals(silent)) {
                return;
            }
            connection = null;
        }
        LOG.warn("peer is silent, gave the connection up node={}", node);
        silent.shutdownNow();
    }

    void close() {
        Deque<Waiting> left;
        synchronized (this) {
            closed = true;
            left = new ArrayDeque<>(waiting);
            waiting.clear();
            if (connection != null) {
                connection.channel().shutdownNow();
                connection = null;
            }
        }
        left.forEach(queued -> {
            queued.expiry().cancel(false);
            queued.ask().fail(ErrorCode.UNKNOWN_OUTCOME, "this node is stopping");
        });
    }
}
