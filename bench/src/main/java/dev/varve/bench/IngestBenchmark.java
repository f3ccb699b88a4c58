package dev.varve.bench;

import java.nio.file.Path;
import java.sql.SQLException;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/**
 * Durable ingest of Arrow batches: Varve through the Java SDK over HTTP, flushes to sorted Parquet included, against
 * DuckDB inserting the same batches into a database file, one transaction each. Run: {@code ./varve bench ingest}.
 */
final class IngestBenchmark implements Benchmark {
    private static final double LEAST_ROWS_PER_SECOND = 500_000;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        workspace.arrowRows().close();
        double theirs = peer(workspace, memory);
        double ours = Lake.load(workspace, memory);
        report.rates("durable ingest, batches of 65,536 rows", ours, theirs, LEAST_ROWS_PER_SECOND);
    }

    private static double peer(Workspace workspace, BufferAllocator memory) throws Exception {
        Path folder = Path.of(workspace.lake() + ".peer");
        Workspace.delete(folder);
        java.nio.file.Files.createDirectories(folder);
        try (ArrowStreamReader rows = workspace.arrowRows();
                DuckDb duckdb = new DuckDb(folder.resolve("peer.duckdb").toString(), memory)) {
            long start = System.nanoTime();
            boolean created = false;
            while (rows.loadNextBatch()) {
                insert(duckdb, rows.getVectorSchemaRoot(), memory, created);
                created = true;
            }
            return workspace.rows() / ((System.nanoTime() - start) / 1e9);
        } finally {
            Workspace.delete(folder);
        }
    }

    private static void insert(DuckDb duckdb, VectorSchemaRoot batch, BufferAllocator memory, boolean created)
            throws SQLException, java.io.IOException {
        try (ArrowReader one = new OneBatchReader(batch, memory)) {
            duckdb.executeOver(
                    one,
                    "batch",
                    created ? "INSERT INTO obs SELECT * FROM batch" : "CREATE TABLE obs AS SELECT * FROM batch");
        }
    }
}
