package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.patience.Patience;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.handlers.HttpContinueReadHandler;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.xnio.Options;

/** The S3 server: requests are parsed on Undertow's I/O threads and answered on virtual ones. */
public final class S3Endpoint implements AutoCloseable {
    /**
     * What the endpoint speaks for.
     *
     * @param isReady whether requests are taken
     */
    public record Parts(
            ObjectStore objects, AccessKeys keys, InstantSource clock, Metrics metrics, BooleanSupplier isReady) {}

    private static final int MOST_HEADERS = 200;
    private static final int MOST_PARAMETERS = 200;
    private static final int IO_THREADS = 2;

    private final Undertow undertow;
    private final ExecutorService workers;
    private final Patience patience;
    private final S3Router router;

    private S3Endpoint(Undertow undertow, ExecutorService workers, Patience patience, S3Router router) {
        this.undertow = undertow;
        this.workers = workers;
        this.patience = patience;
        this.router = router;
    }

    public static S3Endpoint start(S3Config config, Parts parts) {
        ExecutorService workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("s3-", 0).factory());
        Patience patience = new Patience(config.clientTimeout(), config.maxConcurrent(), config.maxQueued());
        S3Router router = new S3Router(
                config,
                parts.objects(),
                parts.keys(),
                parts.clock(),
                workers,
                patience,
                parts.isReady(),
                parts.metrics());
        Undertow undertow = Undertow.builder()
                .addHttpListener(config.port(), config.host())
                .setIoThreads(IO_THREADS)
                .setWorkerThreads(IO_THREADS)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, config.maxHeaderBytes())
                .setServerOption(UndertowOptions.MAX_HEADERS, MOST_HEADERS)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, MOST_PARAMETERS)
                // Of bodies in HTTP's own chunks only this limit counts, not what is set for the exchange later.
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, S3Config.maxEntityBytes(config.maxObjectBytes()))
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, millis(config.idleTimeout()))
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, millis(config.clientTimeout()))
                .setServerOption(UndertowOptions.ENABLE_HTTP2, false)
                .setServerOption(UndertowOptions.ALWAYS_SET_DATE, true)
                .setSocketOption(Options.TCP_NODELAY, true)
                .setHandler(new HttpContinueReadHandler(router))
                .build();
        try {
            undertow.start();
        } catch (RuntimeException e) {
            workers.close();
            patience.close();
            if (e.getCause() instanceof BindException) {
                throw new VarveException(
                                ErrorCode.BAD_REQUEST,
                                "cannot listen on " + config.host() + ":" + config.port() + " for S3: "
                                        + e.getCause().getMessage(),
                                e)
                        .withHint("stop what listens there, or choose another port with --s3-port");
            }
            throw e;
        }
        return new S3Endpoint(undertow, workers, patience, router);
    }

    private static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }

    /** The port that is listened on. */
    public int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort();
    }

    /** Waits until no request is being worked on, or for so long; says whether none is. */
    public boolean awaitIdle(Duration most) throws InterruptedException {
        return router.awaitIdle(most);
    }

    @Override
    public void close() {
        undertow.stop();
        workers.shutdownNow();
        patience.close();
    }
}
