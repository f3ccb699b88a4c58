package dev.varve.server;

import dev.varve.ingest.Ingest;
import dev.varve.ingest.IngestStatus;
import dev.varve.query.QueryEngine;
import dev.varve.server.metrics.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;

/** What is read from the parts when metrics are asked for. */
final class NodeMetrics {
    private NodeMetrics() {}

    static void register(Metrics metrics, Ingest ingest, BufferAllocator memory, QueryEngine engine, Path log) {
        ingest(metrics, ingest, "varve_ingest_rows", "Rows accepted since start.", IngestStatus::rowsAccepted);
        ingest(metrics, ingest, "varve_ingest_rejected_rows", "Rows refused since start.", IngestStatus::rowsRejected);
        ingest(metrics, ingest, "varve_ingest_flushes", "Flushes since start.", IngestStatus::flushes);
        ingest(metrics, ingest, "varve_ingest_failed_flushes", "Failed flushes.", IngestStatus::failedFlushes);
        ingest(metrics, ingest, "varve_ingest_compactions", "Compactions since start.", IngestStatus::compactions);
        ingest(metrics, ingest, "varve_ingest_memory_bytes", "Rows not yet in files.", IngestStatus::memoryBytes);
        ingest(
                metrics,
                ingest,
                "varve_log_batches",
                "Batches in the log that are kept.",
                status -> status.logEnd() - status.logStart());
        gauge(metrics, "varve_log_bytes", "Bytes of the commit log.", () -> bytesIn(log));
        metrics.gauge("varve_live_rows", "Rows not yet in files, by dataset.", () -> {
            Map<String, Number> rows = new HashMap<>();
            ingest.status()
                    .live()
                    .forEach((dataset, live) -> rows.put(Metrics.labels("dataset", dataset.value()), live.rows()));
            return rows;
        });
        gauge(
                metrics,
                "varve_queries_running",
                "Queries that run now.",
                () -> engine.running().size());
        metrics.gauge("varve_arrow_bytes", "Bytes in Arrow buffers, by owner.", () -> {
            Map<String, Number> bytes = new HashMap<>();
            bytes.put(Metrics.labels("owner", "all"), memory.getAllocatedMemory());
            memory.getChildAllocators()
                    .forEach(child -> bytes.merge(
                            Metrics.labels("owner", child.getName()),
                            child.getAllocatedMemory(),
                            (one, other) -> one.longValue() + other.longValue()));
            return bytes;
        });
        gauge(
                metrics,
                "varve_heap_bytes",
                "Bytes used on the Java heap.",
                () -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    }

    private static void ingest(
            Metrics metrics, Ingest ingest, String name, String help, Function<IngestStatus, Number> value) {
        gauge(metrics, name, help, () -> value.apply(ingest.status()));
    }

    private static void gauge(Metrics metrics, String name, String help, Supplier<Number> value) {
        metrics.gauge(name, help, () -> Map.of("", value.get()));
    }

    /** A node of a cluster has no log of its own. */
    private static long bytesIn(Path directory) {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
