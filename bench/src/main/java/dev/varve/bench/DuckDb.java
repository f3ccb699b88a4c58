package dev.varve.bench;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBResultSet;

/** The peer: DuckDB in this process, with its defaults and all cores. */
final class DuckDb implements AutoCloseable {
    private static final long BATCH_ROWS = 65_536;

    private final DuckDBConnection connection;
    private final BufferAllocator memory;

    /** {@code file} is a database file, or empty for one in memory. */
    DuckDb(String file, BufferAllocator memory) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("jdbc_stream_results", "true");
        connection =
                DriverManager.getConnection("jdbc:duckdb:" + file, properties).unwrap(DuckDBConnection.class);
        this.memory = memory;
        execute("SET parquet_metadata_cache = true");
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Runs a query, reads its whole answer as Arrow batches and returns the number of rows. */
    long rows(String sql) throws Exception {
        try (Statement statement = connection.createStatement();
                DuckDBResultSet result = statement.executeQuery(sql).unwrap(DuckDBResultSet.class);
                ArrowReader reader = (ArrowReader) result.arrowExportStream(memory, BATCH_ROWS)) {
            long rows = 0;
            while (reader.loadNextBatch()) {
                rows += reader.getVectorSchemaRoot().getRowCount();
            }
            return rows;
        }
    }

    /** Makes a reader's batches a relation of that name while the statement runs. */
    void executeOver(ArrowReader reader, String name, String sql) throws SQLException {
        try (ArrowArrayStream stream = ArrowArrayStream.allocateNew(memory)) {
            Data.exportArrayStream(memory, reader, stream);
            connection.registerArrowStream(name, stream);
            execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
