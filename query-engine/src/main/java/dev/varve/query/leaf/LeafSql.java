package dev.varve.query.leaf;

import static dev.varve.query.leaf.ColumnTypes.quoted;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.ScanPlan;
import dev.varve.catalog.ScanPlan.Contested;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.Column;
import dev.varve.model.Schema;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Writes the one DuckDB statement of a query: each leaf's relation over explicit files and live rows, then the planned SQL.
 *
 * <p><b>Merging.</b> The scan plan says at which times a file's rows may have been replaced, and which files and live rows
 * hold the rows that may replace them. A row counts unless one of those has the same key and time and a higher run, live
 * rows being above all runs; that is one anti join:
 *
 * <pre>
 * (rows of contested files that satisfy the filter, with their time where it is contested and null elsewhere)
 * ANTI JOIN  (key, time, run of the newer files and live rows, at the contested times only)
 * </pre>
 *
 * A null equals nothing, so the join lets rows at other times pass without looking for them, and each file is still read
 * once: reading it twice, for its contested times and for the others, costs more, since files are sorted by cell and every
 * page has rows of both. The whole filter may go to the left side, for an anti join looks at each of its rows alone; the
 * right side takes only the condition on time and key. Live rows are merged among themselves in the same way.
 */
final class LeafSql {
    /** Columns of the anti join; no dataset's column can be called so. */
    private static final String RUN = quoted("merge run");

    private static final String CONTESTED = quoted("contested time");
    private static final String LIVE_RUN = Long.MAX_VALUE + "::BIGINT AS " + RUN;

    /** Of a file with fewer rows all are looked up, so that it can share its scan with others of its run. */
    private static final long FEW_ROWS = 65_536;

    /** DuckDB's times reach a little further, its infinities not counted. */
    private static final long FAR_MICROS = 9_000_000_000_000_000_000L;

    private static final String TIME = quoted(Schema.TIME.name());
    private static final String ROWS_ONLY = "1 AS \"one\"";

    private record Part(long run, List<ClosedTimeRange> times, List<DataFile> files) {}

    /** Asks for the columns of files. */
    interface Footers {
        Map<String, Set<String>> columns(Collection<String> paths) throws SQLException;
    }

    /** Makes live rows readable, once, under the name it answers. */
    interface Streams {
        String register(List<Column> columns, boolean numbered, List<VectorSchemaRoot> batches);

        /** Makes Arrow streams readable, once, as one relation under the name it answers. */
        String register(List<ByteBuffer> computed);
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
                .append(
                        query.columns().getFields().isEmpty()
                                ? "*"
                                : query.columns().getFields().stream()
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
        if (!input.computed().isEmpty()) {
            return "SELECT * FROM " + quoted(streams.register(input.computed()));
        }
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
        }

        private static String where(@Nullable String... conditions) {
            String all = Stream.of(conditions)
                    .filter(condition -> condition != null && !condition.isEmpty())
                    .map(condition -> "(" + condition + ")")
                    .collect(Collectors.joining(" AND "));
            return all.isEmpty() ? "" : " WHERE " + all;
        }

        private List<Column> columns(Set<String> names) {
            return schema.all().stream()
                    .filter(column -> names.contains(column.name()))
                    .toList();
        }

        String union() throws SQLException {
            List<String> parts = new ArrayList<>();
            ScanPlan files = input.files();
            if (!files.plain().isEmpty()) {
                for (String scan : scans(files.plain(), read)) {
                    parts.add("SELECT " + chosen + " FROM " + scan + where);
                }
            }
            if (!files.contested().isEmpty()) {
                parts.add(merged(files));
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
            String keys = streams.register(identity, true, input.live());
            return "SELECT " + chosen + " FROM (SELECT * FROM " + quoted(rows) + where
                    + ") AS l ANTI JOIN (SELECT * FROM " + quoted(keys) + where(leaf.keyFilter()) + ") AS h ON "
                    + sameKey("l", "h") + " AND l." + TIME + " = h." + TIME + " AND h." + ordinal + " > l." + ordinal;
        }

        private String merged(ScanPlan files) throws SQLException {
            List<Column> wide = readWithIdentity();
            List<String> rows = new ArrayList<>();
            for (Part part : parts(files.contested())) {
                String time =
                        part.times().isEmpty() ? TIME : "CASE WHEN " + during(part.times()) + " THEN " + TIME + " END";
                for (String scan : scans(part.files(), wide)) {
                    rows.add("SELECT " + names(wide) + ", " + time + " AS " + CONTESTED + ", " + part.run()
                            + "::BIGINT AS " + RUN + " FROM " + scan + where);
                }
            }
            List<String> keys = new ArrayList<>();
            for (Part part : parts(files.newer())) {
                for (String scan : scans(part.files(), identity)) {
                    keys.add("SELECT " + names(identity) + ", " + part.run() + "::BIGINT AS " + RUN + " FROM " + scan
                            + where(leaf.keyFilter(), during(part.times())));
                }
            }
            if (!files.newerLive().isEmpty() && liveRows() > 0) {
                keys.add("SELECT " + names(identity) + ", " + LIVE_RUN + " FROM "
                        + quoted(streams.register(identity, false, input.live()))
                        + where(leaf.keyFilter(), during(files.newerLive())));
            }
            return "SELECT " + chosen + " FROM (" + String.join(" UNION ALL ", rows) + ") AS r"
                    + (keys.isEmpty()
                            ? ""
                            : " ANTI JOIN (" + String.join(" UNION ALL ", keys) + ") AS h ON " + sameKey("r", "h")
                                    + " AND r." + CONTESTED + " = h." + TIME + " AND h." + RUN + " > r." + RUN);
        }

        /** Files that one scan reads, those of one run and the same times; no times are all. */
        private List<Part> parts(List<Contested> files) {
            Map<Part, List<DataFile>> parts = new LinkedHashMap<>();
            for (Contested contested : files) {
                DataFile file = contested.file();
                boolean isWhole = contested.isWhole() || file.rows() < FEW_ROWS;
                Part part = new Part(file.run(), isWhole ? List.of() : contested.times(), List.of());
                parts.computeIfAbsent(part, key -> new ArrayList<>()).add(file);
            }
            return parts.entrySet().stream()
                    .map(entry -> new Part(entry.getKey().run(), entry.getKey().times(), entry.getValue()))
                    .toList();
        }

        private static String during(List<ClosedTimeRange> times) {
            return times.stream()
                    .map(range -> "(" + TIME + " BETWEEN " + instant(range.firstMicros()) + " AND "
                            + instant(range.lastMicros()) + ")")
                    .collect(Collectors.joining(" OR "));
        }

        private static String instant(long micros) {
            return "make_timestamp(" + Math.clamp(micros, -FAR_MICROS, FAR_MICROS) + "::BIGINT)";
        }

        private List<Column> readWithIdentity() {
            Set<String> names = new HashSet<>();
            read.forEach(column -> names.add(column.name()));
            identity.forEach(column -> names.add(column.name()));
            return columns(names);
        }

        /** Two missing key values are the same key. */
        private String sameKey(String left, String right) {
            return schema.key().stream()
                    .map(ColumnTypes::quoted)
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
