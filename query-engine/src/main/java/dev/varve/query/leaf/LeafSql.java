package dev.varve.query.leaf;

import static dev.varve.query.leaf.ColumnTypes.quoted;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.ScanPlan.MergeGroup;
import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Writes the one DuckDB statement of a query: each leaf's relation over explicit files and live rows, then the planned SQL.
 *
 * <p><b>Merging.</b> Files of a merge group hold versions of rows. Every row gets a <i>rank</i>: the position of its file's
 * run among the group's runs, or for live rows their order of arrival, above all runs. A row counts unless there is one
 * with the same key and time and a higher rank; that is one anti join of the rows with the keys of all runs but the lowest:
 *
 * <pre>
 * (rows of every run that satisfy the filter)  ANTI JOIN  (key, time, rank of the higher runs and live rows)
 * </pre>
 *
 * The whole filter may go to the left side, for an anti join looks at each of its rows alone; the right side takes only the
 * condition on time and key. So a big old run and a few live rows cost a scan of the old run with all its pruning and a
 * probe into a small table. Live rows are merged among themselves in the same way, once, not once a group.
 */
final class LeafSql {
    private static final String RANK = quoted("merge rank");
    private static final String ROWS_ONLY = "1 AS \"one\"";

    /** Asks for the columns of files. */
    interface Footers {
        Map<String, Set<String>> columns(Collection<String> paths) throws SQLException;
    }

    /** Makes live rows readable, once, under the name it answers. */
    interface Streams {
        String register(List<Column> columns, boolean numbered, List<VectorSchemaRoot> batches);
    }

    private final Function<String, String> paths;
    private final Footers footers;
    private final Streams streams;

    LeafSql(Function<String, String> paths, Footers footers, Streams streams) {
        this.paths = paths;
        this.footers = footers;
        this.streams = streams;
    }

    /** The rows of the answer, its columns cast to their declared types. */
    String select(PlannedQuery query, List<LeafInput> inputs, long limit) throws SQLException {
        return statement(query, inputs, limit, false);
    }

    /** As {@link #select}, written to a Parquet file; timestamps are instants there. */
    String copy(PlannedQuery query, List<LeafInput> inputs, long limit, String target) throws SQLException {
        return "COPY (" + statement(query, inputs, limit, true) + ") TO " + literal(target)
                + " (FORMAT parquet, COMPRESSION zstd)";
    }

    private String statement(PlannedQuery query, List<LeafInput> inputs, long limit, boolean instants)
            throws SQLException {
        Map<String, LeafInput> byName = new LinkedHashMap<>();
        inputs.forEach(input -> byName.put(input.leaf().name(), input));
        StringBuilder sql = new StringBuilder();
        for (LeafScan leaf : query.leaves()) {
            LeafInput input = byName.get(leaf.name());
            if (input == null) {
                throw new IllegalArgumentException("nothing to read for " + leaf.name());
            }
            sql.append(sql.isEmpty() ? "WITH " : ",\n")
                    .append(leaf.name())
                    .append(uses(query.sql(), leaf.name()) > 1 ? " AS MATERIALIZED (" : " AS (")
                    .append(relation(input))
                    .append(")");
        }
        sql.append("\nSELECT ")
                .append(query.columns().getFields().stream()
                        .map(field -> cast(field, instants))
                        .collect(Collectors.joining(", ")))
                .append("\nFROM (")
                .append(query.sql())
                .append("\n) AS answer");
        if (limit != Long.MAX_VALUE) {
            sql.append(" LIMIT ").append(limit);
        }
        return sql.toString();
    }

    private static String cast(Field field, boolean instants) {
        String name = quoted(field.getName());
        String type = ColumnTypes.duck(field);
        if (type == null) {
            return name;
        }
        String cast = "CAST(" + name + " AS " + type + ")";
        if (instants && field.getType() instanceof ArrowType.Timestamp) {
            cast = "CAST(" + cast + " AS TIMESTAMP WITH TIME ZONE)";
        }
        return cast + " AS " + name;
    }

    /** How often a relation is read; a live stream can be read only once. */
    private static int uses(String sql, String relation) {
        Matcher matcher = Pattern.compile(
                        "(?:\\bFROM\\b|\\bJOIN\\b|,|\\()\\s*\"?" + relation + "\"?(?![\\w\".])",
                        Pattern.CASE_INSENSITIVE)
                .matcher(sql);
        int uses = 0;
        while (matcher.find()) {
            uses++;
        }
        return uses;
    }

    private String relation(LeafInput input) throws SQLException {
        String rows = new Rows(input).union();
        String reduce = input.leaf().reduce();
        return reduce == null ? rows : "WITH " + input.leaf().rowsName() + " AS (" + rows + ")\n" + reduce;
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** The filtered rows of one leaf. */
    private final class Rows {
        private final LeafInput input;
        private final LeafScan leaf;
        private final Schema schema;
        private final List<Column> read;
        private final List<Column> identity;
        private final String chosen;
        private final String where;
        private final String whereKey;

        Rows(LeafInput input) {
            this.input = input;
            leaf = input.leaf();
            schema = leaf.dataset().schema();
            Set<String> names = new HashSet<>(leaf.columns());
            names.addAll(leaf.filterColumns());
            read = columns(names);
            Set<String> identityNames = new HashSet<>(schema.key());
            identityNames.add(Schema.TIME.name());
            identity = columns(identityNames);
            chosen = leaf.columns().isEmpty()
                    ? ROWS_ONLY
                    : leaf.columns().stream().map(ColumnTypes::quoted).collect(Collectors.joining(", "));
            where = where(leaf.filter());
            whereKey = where(leaf.keyFilter());
        }

        private static String where(@Nullable String condition) {
            return condition == null ? "" : " WHERE (" + condition + ")";
        }

        private List<Column> columns(Set<String> names) {
            return schema.all().stream()
                    .filter(column -> names.contains(column.name()))
                    .toList();
        }

        String union() throws SQLException {
            List<String> parts = new ArrayList<>();
            List<DataFile> plain = new ArrayList<>(input.files().plain());
            List<MergeGroup> groups = new ArrayList<>();
            for (MergeGroup group : input.files().merge()) {
                if (group.files().isEmpty()) {
                    continue;
                }
                boolean oneRun =
                        group.files().stream().map(DataFile::run).distinct().count() == 1;
                if (oneRun && !(group.withLive() && liveRows() > 0)) {
                    plain.addAll(group.files());
                } else {
                    groups.add(group);
                }
            }
            if (!plain.isEmpty()) {
                for (String scan : scans(plain, read)) {
                    parts.add("SELECT " + chosen + " FROM " + scan + where);
                }
            }
            for (MergeGroup group : groups) {
                parts.add(merged(group));
            }
            if (liveRows() > 0) {
                parts.add(schema.isKeyed() && liveRows() > 1 ? liveMerged() : live());
            }
            return parts.isEmpty() ? none() : String.join("\nUNION ALL ", parts);
        }

        private long liveRows() {
            return input.live().stream()
                    .mapToLong(VectorSchemaRoot::getRowCount)
                    .sum();
        }

        private String none() {
            return leaf.columns().isEmpty()
                    ? "SELECT " + ROWS_ONLY + " WHERE false"
                    : columns(new HashSet<>(leaf.columns())).stream()
                            .map(Rows::nothing)
                            .collect(Collectors.joining(", ", "SELECT ", " WHERE false"));
        }

        private static String nothing(Column column) {
            return "CAST(NULL AS " + ColumnTypes.duck(column.type()) + ") AS " + quoted(column.name());
        }

        private String live() {
            List<Column> columns = read.isEmpty() ? List.of(Schema.TIME) : read;
            return "SELECT " + chosen + " FROM " + quoted(streams.register(columns, false, input.live())) + where;
        }

        private String liveMerged() {
            String ordinal = quoted(LiveStream.ORDINAL);
            String rows = streams.register(readWithIdentity(), true, input.live());
            return "SELECT " + chosen + " FROM (SELECT * FROM " + quoted(rows) + where + ") AS l ANTI JOIN ("
                    + liveKeys(ordinal) + ") AS h ON " + sameIdentity("l", "h") + " AND h." + ordinal + " > l."
                    + ordinal;
        }

        private String liveKeys(String rank) {
            String keys = streams.register(identity, rank.equals(quoted(LiveStream.ORDINAL)), input.live());
            return "SELECT " + names(identity) + ", " + rank + " FROM " + quoted(keys) + whereKey;
        }

        private String merged(MergeGroup group) throws SQLException {
            Map<Long, List<DataFile>> runs = new TreeMap<>();
            group.files()
                    .forEach(file -> runs.computeIfAbsent(file.run(), run -> new ArrayList<>())
                            .add(file));
            List<Column> wide = readWithIdentity();
            List<String> rows = new ArrayList<>();
            List<String> keys = new ArrayList<>();
            long rank = 0;
            for (List<DataFile> run : runs.values()) {
                for (String scan : scans(run, wide)) {
                    rows.add("SELECT " + names(wide) + ", " + rank + "::BIGINT AS " + RANK + " FROM " + scan + where);
                }
                if (rank > 0) {
                    for (String scan : scans(run, identity)) {
                        keys.add("SELECT " + names(identity) + ", " + rank + "::BIGINT AS " + RANK + " FROM " + scan
                                + whereKey);
                    }
                }
                rank++;
            }
            if (group.withLive() && liveRows() > 0) {
                keys.add(liveKeys(rank + "::BIGINT AS " + RANK));
            }
            String higher = runs.size() == 1 ? "" : " AND h." + RANK + " > r." + RANK;
            return "SELECT " + chosen + " FROM (" + String.join(" UNION ALL ", rows) + ") AS r ANTI JOIN ("
                    + String.join(" UNION ALL ", keys) + ") AS h ON " + sameIdentity("r", "h") + higher;
        }

        private List<Column> readWithIdentity() {
            Set<String> names = new HashSet<>();
            read.forEach(column -> names.add(column.name()));
            identity.forEach(column -> names.add(column.name()));
            return columns(names);
        }

        /** Two missing key values are the same key. */
        private String sameIdentity(String left, String right) {
            return identity.stream()
                    .map(column -> quoted(column.name()))
                    .map(name -> left + "." + name + " IS NOT DISTINCT FROM " + right + "." + name)
                    .collect(Collectors.joining(" AND "));
        }

        private String names(List<Column> columns) {
            return columns.stream().map(column -> quoted(column.name())).collect(Collectors.joining(", "));
        }

        /** One table expression for all files that have the same of the wanted columns. */
        private List<String> scans(List<DataFile> files, List<Column> wanted) throws SQLException {
            Map<Set<String>, List<String>> pathsByColumns = new LinkedHashMap<>();
            Map<String, Set<String>> uncertain = new LinkedHashMap<>();
            Set<String> all = wanted.stream().map(Column::name).collect(Collectors.toSet());
            for (DataFile file : files) {
                String path = paths.apply(file.blob());
                if (wanted.stream().allMatch(column -> isIn(file, column))) {
                    pathsByColumns
                            .computeIfAbsent(all, columns -> new ArrayList<>())
                            .add(path);
                } else {
                    uncertain.put(path, all);
                }
            }
            if (!uncertain.isEmpty()) {
                Map<String, Set<String>> found = footers.columns(uncertain.keySet());
                for (String path : uncertain.keySet()) {
                    Set<String> there = new HashSet<>(all);
                    there.retainAll(found.getOrDefault(path, all));
                    pathsByColumns
                            .computeIfAbsent(there, columns -> new ArrayList<>())
                            .add(path);
                }
            }
            List<String> scans = new ArrayList<>();
            pathsByColumns.forEach((there, files_) -> scans.add(scan(files_, wanted, there)));
            return scans;
        }

        /** Whether the file surely has the column: it was there from the start, or the file knows a value of it. */
        private boolean isIn(DataFile file, Column column) {
            DataFile.ColumnBounds bounds = file.columns().get(column.name());
            return !schema.columns().contains(column)
                    || schema.key().contains(column.name())
                    || (bounds != null && bounds.low() != null);
        }

        private String scan(List<String> files, List<Column> wanted, Set<String> there) {
            String table = "read_parquet("
                    + files.stream().map(LeafSql::literal).collect(Collectors.joining(", ", "[", "]"))
                    + ", hive_partitioning = false)";
            if (wanted.isEmpty() || wanted.stream().allMatch(column -> there.contains(column.name()))) {
                return table;
            }
            return wanted.stream()
                    .map(column -> there.contains(column.name()) ? quoted(column.name()) : nothing(column))
                    .collect(Collectors.joining(", ", "(SELECT ", " FROM " + table + ")"));
        }
    }
}
