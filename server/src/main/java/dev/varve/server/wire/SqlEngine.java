package dev.varve.server.wire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.arrow.vector.types.pojo.Schema;

/** Answers questions; the node plugs the query engine in. Thread-safe; errors are {@code VarveException}. */
public interface SqlEngine {
    /** Plans the question and begins to answer it. The id must be unused among running queries. */
    SqlAnswer start(SqlRequest request, String id);

    /** What the answer's columns will be; plans only. */
    Schema schemaOf(SqlRequest request);

    /** Writes the whole answer into a Parquet file; returns its rows. */
    long exportParquet(SqlRequest request, String id, Path target);

    List<Running> running();

    /** Ends a running query with {@code CANCELLED}; false if there is none of that id. */
    boolean cancel(String id);

    /** A query that has not ended. */
    record Running(String id, String sql, Duration age) {}
}
