package dev.varve.server.cli;

import dev.varve.sdk.LoadReport;
import dev.varve.sdk.Loader;
import dev.varve.sdk.RowError;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One run of sending files: counts what the node says and remembers the first failure. */
final class FileLoad implements AutoCloseable {
    private final Terminal terminal;
    private final Progress progress;
    private final BadRowLog bad;
    private final String contentType;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);
    private long accepted;
    private long knownBefore;

    FileLoad(Terminal terminal, Progress progress, BadRowLog bad, String contentType) {
        this.terminal = terminal;
        this.progress = progress;
        this.bad = bad;
        this.contentType = contentType;
    }

    boolean isSound() {
        return failure.get() == null;
    }

    void send(Loader loader, String key, Path file, BodyCutter.Body body) {
        if (isSound()) {
            await(loader.send(contentType, key, body.bytes(), body.length(), body.rowsBefore()), file, body.length());
        }
    }

    void sendWhole(Loader loader, String key, Path file) throws IOException {
        if (isSound()) {
            await(loader.send(contentType, key, file), file, Files.size(file));
            awaitSent();
        }
    }

    private void await(CompletableFuture<LoadReport> settled, Path file, long bytes) {
        CompletableFuture<Void> told = settled.handle((report, error) -> {
            if (report == null) {
                failure.compareAndSet(null, error);
                if (error instanceof VarveClientException refused) {
                    refused.rejectedRows().forEach(row -> add(file, row));
                }
            } else {
                count(report, file, bytes);
            }
            return null;
        });
        sent = CompletableFuture.allOf(sent, told);
    }

    private synchronized void count(LoadReport report, Path file, long bytes) {
        accepted += report.accepted();
        if (report.duplicate()) {
            knownBefore += report.accepted();
        }
        report.errors().forEach(row -> add(file, row));
        bad.addUnnamed(Math.max(0, report.rejected() - report.errors().size()));
        progress.add(report.accepted() + report.rejected(), bytes);
    }

    private void add(Path file, RowError row) {
        bad.add(file.toString(), row.row(), row.column(), row.value(), row.reason());
    }

    void awaitSent() {
        sent.join();
    }

    /** Tells the result and gives the exit code. */
    int finish(String dataset) {
        awaitSent();
        progress.close();
        bad.summarise();
        Throwable error = failure.get();
        if (error != null) {
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            boolean isRefused = cause instanceof VarveClientException refused && refused.status() / 100 == 4;
            terminal.say(dataset + ": stopped after " + Amounts.count(accepted) + " rows"
                    + (isRefused ? "" : "; the same command goes on where it stopped"));
            return Failures.report(terminal, cause instanceof Exception e ? e : new IllegalStateException(cause));
        }
        terminal.say(Summary.of(dataset, accepted, bad.count(), knownBefore, progress.elapsed()));
        return bad.count() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    @Override
    public void close() {
        progress.close();
    }
}
