package dev.varve.sdk;

import java.net.http.HttpRequest;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends bodies of rows to one dataset, a bounded number at a time, each repeated under its own key until it is settled.
 *
 * <p>Any thread may call it. A permit is taken before a body is handed over and given back when the node has answered
 * or the sender has given up, so no more than {@code inFlight} bodies exist at once.
 */
final class RowSender {
    /**
     * One body.
     *
     * @param query URL parameters, encoded, or empty
     * @param rowsBefore what to add to the row numbers of its errors
     */
    record Body(String contentType, String query, String key, HttpRequest.BodyPublisher bytes, long rowsBefore) {}

    /** Makes the body, on the sending thread. */
    interface BodySource {
        Body make();
    }

    private final Wire wire;
    private final Options options;
    private final Executor threads;
    private final String path;
    private final int inFlight;
    private final Semaphore permits;
    private volatile @Nullable Consumer<RowError> onRejected;

    RowSender(Wire wire, Options options, Executor threads, String dataset, int inFlight) {
        this.wire = wire;
        this.options = options;
        this.threads = threads;
        this.path = "/api/v1/datasets/" + dataset + "/rows";
        this.inFlight = inFlight;
        this.permits = new Semaphore(inFlight);
    }

    void onRejected(Consumer<RowError> listener) {
        onRejected = listener;
    }

    int inFlight() {
        return inFlight;
    }

    /** True if a body may now be handed over. */
    boolean tryAcquire() {
        return permits.tryAcquire();
    }

    /** Waits until a body may be handed over; each body under way ends by its retry timeout. */
    void acquire() {
        permits.acquireUninterruptibly();
    }

    void release() {
        permits.release();
    }

    /** Waits until nothing is under way. */
    void awaitIdle() {
        permits.acquireUninterruptibly(inFlight);
        permits.release(inFlight);
    }

    /** Sends what {@code source} makes; the caller holds a permit, which this gives back. */
    CompletableFuture<LoadReport> send(BodySource source) {
        CompletableFuture<LoadReport> settled = new CompletableFuture<>();
        try {
            threads.execute(() -> run(source, settled));
        } catch (RuntimeException e) {
            permits.release();
            settled.completeExceptionally(e);
        }
        return settled;
    }

    private void run(BodySource source, CompletableFuture<LoadReport> settled) {
        LoadReport report;
        try {
            report = post(source.make());
            tell(report);
        } catch (Throwable e) {
            // The task ends here: whatever it was, whoever waits must learn that these rows are not acknowledged.
            permits.release();
            settled.completeExceptionally(e);
            return;
        }
        permits.release();
        settled.complete(report);
    }

    private LoadReport post(Body body) {
        String query = "onError=" + options.onError() + (body.query().isEmpty() ? "" : "&" + body.query());
        Wire.Call call = new Wire.Call(
                "POST",
                path + "?" + query,
                Map.of("Content-Type", body.contentType(), "Idempotency-Key", body.key()),
                body.bytes(),
                options.requestTimeout(),
                Wire.Repeat.SAFE);
        return wire.exchange(call, answer -> LoadReport.of(Json.parse(answer), body.rowsBefore()));
    }

    LoadProposal dryRun(String contentType, String query, HttpRequest.BodyPublisher bytes) {
        Wire.Call call = new Wire.Call(
                "POST",
                path + "?dryRun=true" + (query.isEmpty() ? "" : "&" + query),
                Map.of("Content-Type", contentType),
                bytes,
                options.requestTimeout(),
                Wire.Repeat.SAFE);
        return wire.exchange(call, answer -> LoadProposal.of(Json.parse(answer)));
    }

    private void tell(LoadReport report) {
        Consumer<RowError> listener = onRejected;
        if (listener != null) {
            report.errors().forEach(listener);
        }
    }
}
