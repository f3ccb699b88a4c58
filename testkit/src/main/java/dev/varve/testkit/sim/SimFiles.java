package dev.varve.testkit.sim;

import dev.varve.model.host.AsyncFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The files on a host's {@link SimDisk}, as its process sees them: one call after the other, each taking its time. */
public final class SimFiles implements AsyncFiles {
    private static final Duration CALL = Duration.ofNanos(200_000);

    private interface Call<T> {
        T run() throws IOException;
    }

    private final SimHost host;
    private final int life;
    private final Consumer<Runnable> process;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    /** Of the process that runs on the host now. */
    public SimFiles(SimHost host) {
        this.host = host;
        life = host.lives();
        process = host.here();
    }

    @Override
    public CompletableFuture<Void> append(String file, ByteBuffer bytes) {
        return change(() -> host.disk().append(file, bytes));
    }

    @Override
    public CompletableFuture<Void> force(String file) {
        return change(() -> host.disk().force(file));
    }

    @Override
    public CompletableFuture<Void> move(String from, String to) {
        return change(() -> host.disk().move(from, to));
    }

    @Override
    public CompletableFuture<Void> delete(String file) {
        return change(() -> host.disk().delete(file));
    }

    @Override
    public CompletableFuture<Void> forceNames(String directory) {
        return change(() -> host.disk().forceNames(directory));
    }

    @Override
    public CompletableFuture<ByteBuffer> read(String file) {
        return queue(() -> host.disk().read(file));
    }

    @Override
    public CompletableFuture<List<String>> list(String directory) {
        return queue(() -> host.disk().list(directory));
    }

    private interface Change {
        void run() throws IOException;
    }

    @SuppressWarnings("NullAway") // a future of nothing completes with null
    private CompletableFuture<Void> change(Change change) {
        return queue(() -> {
            change.run();
            return null;
        });
    }

    private <T> CompletableFuture<T> queue(Call<T> call) {
        CompletableFuture<T> future = new CompletableFuture<>();
        waiting.add(() -> run(call, future));
        if (waiting.size() == 1) {
            runNext();
        }
        return future;
    }

    private void runNext() {
        Runnable next = waiting.peek();
        if (next != null) {
            if (host.disk().slowness() > 1) {
                host.simulation().happens(Happening.SLOW_DISK);
            }
            Duration time = host.simulation().upTo(CALL.multipliedBy(host.disk().slowness()));
            host.simulation().after(time, next);
        }
    }

    private <T> void run(Call<T> call, CompletableFuture<T> future) {
        if (host.lives() != life || !host.isUp()) {
            return;
        }
        try {
            T result = call.run();
            process.accept(() -> future.complete(result));
        } catch (IOException e) {
            host.trace("disk: " + e.getMessage());
            host.disk().ailment().ifPresent(host.simulation()::happens);
            process.accept(() -> future.completeExceptionally(e));
        }
        waiting.remove();
        runNext();
    }
}
