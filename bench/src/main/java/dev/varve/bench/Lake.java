package dev.varve.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.sdk.ArrowWriter;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.LoadReport;
import dev.varve.sdk.Varve;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/** The lake of a workspace: loaded through the Java SDK, compacted, then served. */
final class Lake {
    static final String DATASET = "obs";

    private static final long SETTLE_MILLIS = 2_000;
    private static final int MOST_SETTLE_ROUNDS = 150;

    private Lake() {}

    /** A node on the loaded lake; loads it first if need be. */
    static NodeProcess serve(Workspace workspace, BufferAllocator memory) throws Exception {
        if (!Files.exists(loaded(workspace))) {
            load(workspace, memory);
        }
        return NodeProcess.start(workspace.lake());
    }

    /** Loads all rows into a new lake; returns acknowledged, durable rows a second. */
    static double load(Workspace workspace, BufferAllocator memory) throws Exception {
        Files.deleteIfExists(loaded(workspace));
        Workspace.delete(workspace.lake());
        double rowsPerSecond;
        try (ArrowStreamReader rows = workspace.arrowRows();
                NodeProcess node = NodeProcess.start(workspace.lake());
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
            settle(node, workspace.rows());
        }
        Files.createFile(loaded(workspace));
        return rowsPerSecond;
    }

    /** Waits until compaction has nothing left to do: the number of files stays the same for a while. */
    private static void settle(NodeProcess node, long rows) throws Exception {
        ObjectMapper json = new ObjectMapper();
        long files = -1;
        for (int round = 0; round < MOST_SETTLE_ROUNDS; round++) {
            JsonNode described = json.readTree(node.get("/api/v1/datasets/" + DATASET));
            if (described.get("files").asLong() == files) {
                if (described.get("rows").asLong() != rows) {
                    throw new IllegalStateException("the lake has " + described.get("rows") + " rows, not " + rows);
                }
                return;
            }
            files = described.get("files").asLong();
            Thread.sleep(SETTLE_MILLIS);
        }
    }

    private static Path loaded(Workspace workspace) {
        return Path.of(workspace.lake() + ".loaded");
    }
}
