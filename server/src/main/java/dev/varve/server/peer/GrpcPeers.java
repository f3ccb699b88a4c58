package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.Peers;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Peers over gRPC with mutual TLS. Handlers and continuations of answers run on threads of their own, and may block.
 *
 * <p>A request that is larger than a few pages may wait for others to the same node; beyond the limits of
 * {@link PeerConfig} it fails with {@code OVERLOADED}, not having been sent. Requests to this node itself go to the handler
 * directly, and the answer is the handler's buffer.
 */
public final class GrpcPeers implements Peers, AutoCloseable {
    private static final int MESSAGE_BYTES = MAX_BYTES + 1024;
    private static final int WINDOW = 8 << 20;
    private static final int MOST_CALLS = 1 << 14;
    private static final int MOST_THREADS = 256;
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration CHECKS = Duration.ofMillis(250);
    private static final Duration CONNECTING = Duration.ofSeconds(5);
    /** A client that is gone without a word. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final PeerConfig config;
    private final PeerIdentity identity;
    private final Supplier<ClusterView> view;
    private final AnswerDesk desk;
    private final EventLoopGroup loops;
    private final ExecutorService workers;
    private final ScheduledExecutorService timer;
    private final Map<String, Link> links = new ConcurrentHashMap<>();
    private final Server server;

    private GrpcPeers(PeerConfig config, PeerIdentity identity, Supplier<ClusterView> view) {
        this.config = config;
        this.identity = identity;
        this.view = view;
        desk = new AnswerDesk(view, 4 * config.mostInFlight());
        desk.serve(Link.PING, (from, request) -> CompletableFuture.completedFuture(ByteBuffer.allocate(0)));
        loops = new NioEventLoopGroup(
                Math.min(4, Runtime.getRuntime().availableProcessors()), new DefaultThreadFactory("varve-peer", true));
        workers = workers();
        timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("varve-peer-timer").factory());
        server = NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
                .sslContext(identity.server())
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .channelType(NioServerSocketChannel.class)
                .withChildOption(ChannelOption.TCP_NODELAY, true)
                .executor(workers)
                .fallbackHandlerRegistry(desk)
                .addTransportFilter(new AnswerDesk.Names())
                .maxInboundMessageSize(MESSAGE_BYTES)
                .maxConcurrentCallsPerConnection(MOST_CALLS)
                .handshakeTimeout(CONNECTING.toMillis(), TimeUnit.MILLISECONDS)
                .flowControlWindow(WINDOW)
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .build();
    }

    /**
     * Listens, and connects to others when they are asked.
     *
     * @param view where they are; asked often, must be quick. While it is empty, whoever has a certificate is answered
     */
    public static GrpcPeers start(PeerConfig config, PeerIdentity identity, Supplier<ClusterView> view) {
        GrpcPeers peers = new GrpcPeers(config, identity, view);
        try {
            peers.server.start();
        } catch (IOException e) {
            peers.close();
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "cannot listen on %s:%d for other nodes: %s"
                                    .formatted(config.host(), config.port(), reason(e)),
                            e)
                    .withHint("stop what listens there, or choose another port with cluster.peer-port");
        }
        peers.watch();
        return peers;
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return String.valueOf(cause.getMessage());
    }

    /**
     * Platform threads, which the system lets take turns: a virtual one would wait for others that compute, and leases end
     * meanwhile. Beyond a number of them, which only handlers that block can need, virtual ones all the same.
     */
    private static ExecutorService workers() {
        return new ThreadPoolExecutor(
                0,
                MOST_THREADS,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("varve-peer-worker-", 0).factory(),
                (task, pool) -> Thread.ofVirtual().name("peer").start(task));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // ends with the timer
    private void watch() {
        timer.scheduleWithFixedDelay(
                () -> links.values().forEach(Link::check), CHECKS.toMillis(), CHECKS.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The port that is listened on. */
    public int port() {
        return server.getPort();
    }

    @Override
    public String self() {
        return config.self();
    }

    @Override
    public void serve(String method, Handler handler) {
        desk.serve(method, handler);
    }

    @Override
    public CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout) {
        if (request.remaining() > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a request of %d bytes, more than %d".formatted(request.remaining(), MAX_BYTES));
        }
        Ask ask = Ask.of(node, method, request.slice(), System.nanoTime() + timeout.toNanos());
        if (node.equals(config.self())) {
            askSelf(ask, timeout);
            return ask.answer();
        }
        ClusterMember member = view.get().members().get(node);
        if (member == null) {
            ask.fail(ErrorCode.UNKNOWN_OUTCOME, "it is not a member of the cluster, or not yet");
        } else {
            links.computeIfAbsent(node, this::link).send(ask, new Link.Address(member.host(), member.peerPort()));
        }
        return ask.answer();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the ask has the answer
    private void askSelf(Ask ask, Duration timeout) {
        ScheduledFuture<?> expiry = timer.schedule(
                () -> ask.fail(ErrorCode.UNKNOWN_OUTCOME, "no answer within " + timeout.toMillis() + " ms"),
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
        workers.execute(() -> desk.answer(config.self(), ask.method(), ask.request(), ask.requestId())
                .whenComplete((value, failure) -> {
                    expiry.cancel(false);
                    if (failure != null) {
                        ask.answer().completeExceptionally(AnswerDesk.told(ask.method(), failure));
                    } else {
                        ask.answer().complete(value.slice());
                    }
                }));
    }

    private Link link(String node) {
        SslContext tls = identity.client(node);
        return new Link(config.self(), node, config, address -> connect(address, tls), timer);
    }

    private ManagedChannel connect(Link.Address address, SslContext tls) {
        return NettyChannelBuilder.forAddress(address.host(), address.port())
                .sslContext(tls)
                .eventLoopGroup(loops)
                .channelType(NioSocketChannel.class)
                .withOption(ChannelOption.TCP_NODELAY, true)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECTING.toMillis())
                .executor(workers)
                .offloadExecutor(workers)
                .disableRetry()
                .maxInboundMessageSize(MESSAGE_BYTES)
                .maxInboundMetadataSize(Wire.MOST_METADATA)
                .flowControlWindow(WINDOW)
                .idleTimeout(1, TimeUnit.DAYS)
                .build();
    }

    /** Answers nobody any more; whoever still waits for an answer is told that the outcome is unknown. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the threads are daemons
    public void close() {
        server.shutdownNow();
        timer.shutdownNow();
        links.values().forEach(Link::close);
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        workers.shutdown();
    }
}
