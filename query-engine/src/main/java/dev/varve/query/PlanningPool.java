package dev.varve.query;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs planning on a few threads with stacks that are deep enough for deep queries; memory is used as they get deep. */
final class PlanningPool implements AutoCloseable {
    private static final long STACK_BYTES = 256L << 20;
    private static final int MOST_WAITING = 256;

    private final ThreadPoolExecutor threads;

    PlanningPool() {
        int count = Math.max(2, Runtime.getRuntime().availableProcessors());
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                count, count, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                    Thread thread = new Thread(null, task, "planner-" + number.incrementAndGet(), STACK_BYTES);
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    <T> T call(Callable<T> task, Duration timeout) {
        Future<T> future;
        try {
            future = threads.submit(task);
        } catch (RejectedExecutionException e) {
            throw new VarveException(ErrorCode.OVERLOADED, MOST_WAITING + " queries wait to be planned", e)
                    .withHint("try again later");
        }
        try {
            return future.get(Math.min(timeout.toMillis(), TimeUnit.HOURS.toMillis(1)), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw new VarveException(
                    ErrorCode.TIMEOUT, "the query was not planned within " + timeout.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "the query was cancelled while it was planned", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException known -> throw known;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
