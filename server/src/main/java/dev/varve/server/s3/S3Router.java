package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.model.VarveException;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.log.RequestId;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.patience.Patience;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/** Takes a request from its bytes to its answer. */
final class S3Router implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(S3Router.class);
    private static final long POLL_MILLIS = 10;

    private final S3Config config;
    private final Executor workers;
    private final Patience patience;
    private final BooleanSupplier isReady;
    private final Authenticator authenticator;
    private final Access access;
    private final Operations operations;
    private final Metrics.Counter requests;
    private final Metrics.Histogram seconds;
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicLong nextRequest = new AtomicLong(new SecureRandom().nextLong());

    /** What becomes known of a request on its way, for the log and for errors. */
    private static final class Progress {
        private final String requestId;
        /** The client's own id, if it gave one. */
        private final String logId;

        private final Patience.Wait wait;
        private final long startNanos = System.nanoTime();
        private volatile String operation = "none";
        private volatile String user = "-";

        Progress(String requestId, String logId, Patience.Wait wait) {
            this.requestId = requestId;
            this.logId = logId;
            this.wait = wait;
        }
    }

    S3Router(
            S3Config config,
            ObjectStore objects,
            AccessKeys keys,
            InstantSource clock,
            Executor workers,
            Patience patience,
            BooleanSupplier isReady,
            Metrics metrics) {
        this.config = config;
        this.workers = workers;
        this.patience = patience;
        this.isReady = isReady;
        this.authenticator = new Authenticator(keys, clock);
        this.access = new Access(objects);
        this.operations = new Operations(objects, access, clock, config.region());
        this.requests = metrics.counter("varve_s3_requests", "S3 requests by operation and status.");
        this.seconds =
                metrics.histogram("varve_s3_request_seconds", "Time until a request was answered, by operation.");
    }

    private String requestId() {
        // Distinct, and telling nothing about how many requests there are.
        return HexFormat.of().withUpperCase().toHexDigits(nextRequest.addAndGet(0x9E3779B97F4A7C15L));
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        String requestId = requestId();
        String given = exchange.getRequestHeaders().getFirst(RequestId.HEADER);
        Progress progress =
                new Progress(requestId, given == null ? requestId : RequestId.of(given), patience.with(exchange));
        S3Call.header(exchange, RequestId.HEADER, progress.logId);
        count(exchange, progress);
        if (!isReady.getAsBoolean()) {
            exchange.setPersistent(false);
            refuse(
                    exchange,
                    progress,
                    new S3Exception(S3Code.SERVICE_UNAVAILABLE, "The node is starting or stopping."));
            return;
        }
        if (!patience.admit(progress.wait, workers, () -> work(exchange, progress))) {
            refuse(exchange, progress, new S3Exception(S3Code.SLOW_DOWN, "Please reduce your request rate."));
        }
    }

    private void work(HttpServerExchange exchange, Progress progress) {
        working.incrementAndGet();
        try (RequestId.Scope _ = RequestId.begin(progress.logId)) {
            answer(exchange, progress);
        } catch (Throwable failure) {
            // A request ends here: nothing thrown may leave the client without an answer.
            fail(exchange, progress, failure);
        } finally {
            working.decrementAndGet();
        }
    }

    private void answer(HttpServerExchange exchange, Progress progress) throws IOException {
        S3Call.header(exchange, "x-amz-request-id", progress.requestId);
        S3Call.header(exchange, "Server", "varve");
        S3Request request = S3Request.of(exchange, config.domain());
        if (request.method().equals("OPTIONS")) {
            throw LaterResource.preflightRefusal(request);
        }
        Authenticator.Result who = authenticator.authenticate(request);
        progress.user = who.caller().user();
        Operation operation = Operation.of(request);
        progress.operation = operation.label();
        S3Call call = new S3Call(
                request,
                operation,
                who.caller(),
                who.signing(),
                access.admit(request, operation, who.caller()),
                progress.wait,
                config);
        operations.answer(call);
    }

    private void fail(HttpServerExchange exchange, Progress progress, Throwable failure) {
        if (exchange.isResponseComplete()) {
            // The client has its answer; what failed is the connection, which is being closed.
            LOG.debug("failed after the answer", failure);
            return;
        }
        Optional<S3Exception> refusal = Refusals.of(failure);
        // A connection that was cut while it was read from fails in whatever way.
        boolean isOurs = refusal.isEmpty()
                && exchange.getConnection().isOpen()
                && !(failure instanceof IOException || failure instanceof UncheckedIOException);
        if (isOurs || (failure instanceof VarveException && isServerSide(refusal.orElseThrow()))) {
            LOG.error("request failed id={} operation={}", progress.requestId, progress.operation, failure);
        }
        if (exchange.isResponseStarted() || (refusal.isEmpty() && !isOurs)) {
            // Closed in the middle, so that it cannot pass for a whole answer.
            IoUtils.safeClose(exchange.getConnection());
            return;
        }
        refuse(
                exchange,
                progress,
                refusal.orElseGet(() ->
                        new S3Exception(S3Code.INTERNAL_ERROR, "We encountered an internal error. Please try again.")));
    }

    private static boolean isServerSide(S3Exception refusal) {
        return refusal.code().status() == 500;
    }

    private void refuse(HttpServerExchange exchange, Progress progress, S3Exception refusal) {
        S3Call.header(exchange, "x-amz-request-id", progress.requestId);
        S3Call.header(exchange, "Content-Type", "application/xml");
        refusal.headers().forEach((name, value) -> S3Call.header(exchange, name, value));
        if (refusal.code().status() == 503) {
            S3Call.header(exchange, "Retry-After", "1");
        }
        S3Call.send(exchange, progress.wait, refusal.code().status(), errorXml(exchange, progress, refusal));
    }

    private byte[] errorXml(HttpServerExchange exchange, Progress progress, S3Exception refusal) {
        XmlText xml = XmlText.plain("Error")
                .text("Code", refusal.code().text())
                .text("Message", String.valueOf(refusal.getMessage()));
        @Nullable String resource = exchange.getRequestURI();
        xml.text("Resource", resource == null ? "" : resource);
        return xml.text("RequestId", progress.requestId).text("HostId", "varve").end("Error");
    }

    private void count(HttpServerExchange exchange, Progress progress) {
        exchange.addExchangeCompleteListener((done, next) -> {
            if (config.isAccessLogged()) {
                try (RequestId.Scope _ = RequestId.begin(progress.logId)) {
                    LOG.info(
                            "id={} operation={} user={} peer={} status={} bytes={} millis={}",
                            progress.requestId,
                            progress.operation,
                            progress.user,
                            done.getSourceAddress(),
                            done.getStatusCode(),
                            done.getResponseBytesSent(),
                            (System.nanoTime() - progress.startNanos) / 1_000_000);
                }
            }
            requests.add(1, "operation", progress.operation, "status", Integer.toString(done.getStatusCode()));
            seconds.record(System.nanoTime() - progress.startNanos, "operation", progress.operation);
            next.proceed();
        });
    }

    boolean awaitIdle(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (working.get() > 0 && System.nanoTime() < end) {
            Thread.sleep(POLL_MILLIS);
        }
        return working.get() == 0;
    }
}
