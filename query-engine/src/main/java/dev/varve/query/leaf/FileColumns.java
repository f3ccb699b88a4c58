package dev.varve.query.leaf;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.duckdb.DuckDBConnection;

/** Remembers which columns files have; files never change. Thread-safe. */
final class FileColumns {
    private static final int MOST_FILES = 100_000;

    private final Map<String, Set<String>> known = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Set<String>> eldest) {
            return size() > MOST_FILES;
        }
    };

    /** The columns of each file; reads the footers of files not seen before. */
    Map<String, Set<String>> of(Collection<String> paths, DuckDBConnection connection) throws SQLException {
        Map<String, Set<String>> found = new HashMap<>();
        List<String> unknown = new ArrayList<>();
        synchronized (known) {
            for (String path : paths) {
                Set<String> columns = known.get(path);
                if (columns == null) {
                    unknown.add(path);
                } else {
                    found.put(path, columns);
                }
            }
        }
        if (unknown.isEmpty()) {
            return found;
        }
        Map<String, Set<String>> read = read(unknown, connection);
        synchronized (known) {
            Map<Set<String>, Set<String>> shared = new HashMap<>();
            read.forEach((path, columns) -> known.put(path, shared.computeIfAbsent(columns, same -> same)));
        }
        found.putAll(read);
        return found;
    }

    private static Map<String, Set<String>> read(List<String> paths, DuckDBConnection connection) throws SQLException {
        Map<String, Set<String>> read = new HashMap<>();
        String list = paths.stream().map(LeafSql::literal).collect(Collectors.joining(", ", "[", "]"));
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT file_name, name FROM parquet_schema(" + list + ")")) {
            while (rows.next()) {
                read.computeIfAbsent(rows.getString(1), path -> new HashSet<>()).add(rows.getString(2));
            }
        }
        return read;
    }
}
