package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.ScanPlan;
import dev.varve.catalog.ScanPlan.Contested;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.TimeRange;
import dev.varve.model.predicate.Predicate;
import dev.varve.model.space.CellRanges;
import dev.varve.query.OpenLeaves.OpenLeaf;
import dev.varve.query.plan.LeafScan;
import dev.varve.query.plan.PlannedQuery;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** Says what a plan reads, what it skips and why, as a query whose answer is the text's lines. */
final class Explanation {
    private static final int SHOWN_RANGES = 8;

    private final List<String> lines = new ArrayList<>();

    private Explanation() {}

    static PlannedQuery of(PlannedQuery query, List<OpenLeaf> leaves) {
        Explanation explanation = new Explanation();
        leaves.forEach(explanation::leaf);
        explanation.line(0, "final: " + query.sql());
        explanation.line(
                0,
                "columns: "
                        + query.columns().getFields().stream()
                                .map(field -> field.getName() + " " + field.getType())
                                .collect(Collectors.joining(", ")));
        return explanation.asQuery();
    }

    private PlannedQuery asQuery() {
        StringBuilder sql = new StringBuilder("SELECT \"plan\" FROM (VALUES ");
        for (int i = 0; i < lines.size(); i++) {
            sql.append(i == 0 ? "" : ", ")
                    .append('(')
                    .append(i)
                    .append(", '")
                    .append(lines.get(i).replace("'", "''"))
                    .append("')");
        }
        sql.append(") AS lines(n, \"plan\") ORDER BY n");
        Schema schema = new Schema(List.of(Field.nullable("plan", ArrowType.Utf8.INSTANCE)));
        return new PlannedQuery(List.of(), sql.toString(), schema, Map.of());
    }

    private void line(int depth, String text) {
        lines.add("  ".repeat(depth) + text);
    }

    private void leaf(OpenLeaf open) {
        LeafScan leaf = open.input().leaf();
        ScanPlan plan = open.input().files();
        ScanPlan.Skipped skipped = plan.skipped();
        List<DataFile> kept = open.files();
        int total = open.snapshot().files().size();
        line(0, leaf.name() + ": scan of " + leaf.dataset().name());
        line(
                1,
                "files: " + kept.size() + " of " + total + " read, skipped " + skipped.byTime() + " by time, "
                        + skipped.byCell() + " by cell, " + skipped.byColumn() + " by column");
        line(
                1,
                "bytes: " + bytes(kept.stream().mapToLong(DataFile::bytes).sum()) + " of "
                        + bytes(open.snapshot().bytes()) + "; rows in them: "
                        + kept.stream().mapToLong(DataFile::rows).sum() + " of "
                        + open.snapshot().rows());
        if (!plan.contested().isEmpty()) {
            versions(plan);
        }
        line(1, "live rows: " + open.liveRows());
        line(1, "prunes by: " + text(leaf.predicate()));
        line(1, "columns: " + (leaf.columns().isEmpty() ? "none" : String.join(", ", leaf.columns())));
        if (leaf.filter() != null) {
            line(1, "filter: " + leaf.filter());
        }
        if (leaf.keyFilter() != null) {
            line(1, "filter before merging: " + leaf.keyFilter());
        }
        line(1, "partial aggregate: " + (leaf.reduce() == null ? "no" : leaf.reduce()));
    }

    private void versions(ScanPlan plan) {
        List<ClosedTimeRange> times = plan.contestedTimes();
        line(
                1,
                "versions to merge: about " + rows(plan.contested()) + " rows of "
                        + plan.contested().size()
                        + " files, against the keys of about " + rows(plan.newer()) + " rows of "
                        + plan.newer().size() + " newer files"
                        + (plan.newerLive().isEmpty() ? "" : " and of live rows"));
        line(
                1,
                "contested times: "
                        + times.stream()
                                .limit(SHOWN_RANGES)
                                .map(range -> instant(range.firstMicros()) + " to " + instant(range.lastMicros()))
                                .collect(Collectors.joining("; "))
                        + (times.size() > SHOWN_RANGES ? "; …" : ""));
    }

    private static long rows(List<Contested> parts) {
        return parts.stream().mapToLong(Contested::rows).sum();
    }

    private static String text(Predicate predicate) {
        return switch (predicate) {
            case Predicate.During(TimeRange range) ->
                "time from " + instant(range.startMicros()) + " until " + instant(range.endMicros());
            case Predicate.Within(CellRanges cells) -> cells.ranges().size() + " ranges of cells" + shown(cells);
            case Predicate.Between between -> between.column() + " between " + between.low() + " and " + between.high();
            case Predicate.And(List<Predicate> parts) ->
                parts.isEmpty()
                        ? "nothing"
                        : parts.stream().map(Explanation::text).collect(Collectors.joining("; "));
        };
    }

    private static String shown(CellRanges cells) {
        return cells.ranges().stream()
                .limit(SHOWN_RANGES)
                .map(range -> Long.toHexString(range.first()) + "–" + Long.toHexString(range.last()))
                .collect(Collectors.joining(", ", " (", cells.ranges().size() > SHOWN_RANGES ? ", …)" : ")"));
    }

    private static String instant(long micros) {
        if (micros == Long.MIN_VALUE || micros == Long.MAX_VALUE) {
            return "ever";
        }
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    }

    private static String bytes(long bytes) {
        return bytes < 1 << 20 ? bytes + " B" : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
