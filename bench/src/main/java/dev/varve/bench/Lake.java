package dev.varve.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.model.DatasetName;
import dev.varve.sdk.ArrowWriter;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.LoadReport;
import dev.varve.sdk.Varve;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/** The lake of a workspace: loaded through the Java SDK, compacted, then served. */
final class Lake {
    static final String DATASET = "obs";

    /** Compaction at once instead of after minutes, so that the lake is soon as it will stay. */
    private static final Map<String, String> EAGER = Map.of("VARVE_COMPACTION__MIN_AGE", "1s");

    /** Flushed files stay as they are. */
    private static final Map<String, String> NEVER = Map.of("VARVE_COMPACTION__MIN_AGE", "10000h");

    private static final long SETTLE_MILLIS = 2_000;
    private static final int MOST_SETTLE_ROUNDS = 150;

    private Lake() {}

    static void ensureLoaded(Workspace workspace, BufferAllocator memory) throws Exception {
        if (!Files.exists(loaded(workspace.lake()))) {
            load(workspace, memory);
        }
    }

    /** A node on a second lake of the same rows, loaded if need be, whose flushed files were never compacted. */
    static NodeProcess serveRuns(Workspace workspace) throws Exception {
        if (!Files.exists(loaded(workspace.runs()))) {
            load(workspace, workspace.runs(), NEVER);
        }
        return NodeProcess.start(workspace.runs(), NEVER);
    }

    /** A node on the loaded lake; loads it first if need be. */
    static NodeProcess serve(Workspace workspace, BufferAllocator memory) throws Exception {
        ensureLoaded(workspace, memory);
        return NodeProcess.start(workspace.lake(), Map.of());
    }

    /** Loads all rows into a new lake; returns acknowledged, durable rows a second. */
    static double load(Workspace workspace, BufferAllocator memory) throws Exception {
        return load(workspace, workspace.lake(), EAGER);
    }

    private static double load(Workspace workspace, Path lake, Map<String, String> settings) throws Exception {
        Files.deleteIfExists(loaded(lake));
        Workspace.delete(lake);
        double rowsPerSecond;
        try (ArrowStreamReader rows = workspace.arrowRows();
                NodeProcess node = NodeProcess.start(lake, settings);
                Varve varve = Varve.connect("varve://127.0.0.1:" + node.httpPort() + "?inFlight=4")) {
            varve.createDataset(DatasetSpec.named(DATASET)
                    .column("station", "string")
                    .column("temperature", "double", "Cel")
                    .column("humidity", "double", "%")
                    .column("pressure", "double", "hPa")
                    .column("wind_speed", "double", "m/s")
                    .key("station"));
            List<CompletableFuture<LoadReport>> reports = new ArrayList<>();
            long start = System.nanoTime();
            try (ArrowWriter writer = varve.arrowWriter(DATASET)) {
                while (rows.loadNextBatch()) {
                    reports.add(writer.append(rows.getVectorSchemaRoot()));
                }
                CompletableFuture.allOf(reports.toArray(CompletableFuture[]::new))
                        .join();
            }
            rowsPerSecond = workspace.rows() / ((System.nanoTime() - start) / 1e9);
            varve.flushDataset(DATASET);
            if (settings.equals(EAGER)) {
                settle(node);
            }
            check(node, workspace.rows());
        }
        Files.createFile(loaded(lake));
        return rowsPerSecond;
    }

    /** A DuckDB relation over exactly the files of the lake's newest snapshot; not while a node serves it. */
    static String files(Workspace workspace) {
        try (BlobStore blobs = ObjectBlobStore.openLocal(workspace.lake().resolve("store"));
                Catalog catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system())) {
            return catalog.snapshot(new DatasetName(DATASET)).files().stream()
                    .map(file -> blobs.localPath(file.blob()).toString())
                    .collect(Collectors.joining("','", "read_parquet(['", "'])"));
        }
    }

    /** Waits until compaction has merged what overlaps, as it does a few minutes after the rows came. */
    private static void settle(NodeProcess node) throws Exception {
        for (int round = 0; round < MOST_SETTLE_ROUNDS; round++) {
            String plan = new String(node.sql("explain select count(*) from " + DATASET, "csv"), UTF_8);
            if (!plan.contains("versions to merge")) {
                break;
            }
            Thread.sleep(SETTLE_MILLIS);
        }
    }

    private static void check(NodeProcess node, long rows) throws Exception {
        long found = new ObjectMapper()
                .readTree(node.get("/api/v1/datasets/" + DATASET))
                .get("rows")
                .asLong();
        if (found != rows) {
            throw new IllegalStateException("the lake has " + found + " rows, not " + rows);
        }
    }

    private static Path loaded(Path lake) {
        return Path.of(lake + ".loaded");
    }
}
