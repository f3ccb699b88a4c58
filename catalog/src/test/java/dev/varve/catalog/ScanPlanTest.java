package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.catalog.ScanPlan.Contested;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.TimeRange;
import dev.varve.model.predicate.Predicate;
import dev.varve.model.space.CellRanges;
import dev.varve.model.space.CellRanges.CellRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScanPlanTest {
    /** A row of a dataset with key {@code station} and one more column. */
    private record Row(
            String station,
            long time,
            @Nullable Long cell,
            @Nullable Double value) {}

    private record RowKey(String station, long time) {}

    private static Schema schema(boolean keyed) {
        return new Schema(
                List.of(new Column("station", ColumnType.STRING), new Column("value", ColumnType.DOUBLE)),
                keyed ? List.of("station") : List.of(),
                9);
    }

    private static Snapshot snapshot(boolean keyed, List<DataFile> files) {
        Dataset dataset = new Dataset(new DatasetName("air"), new UUID(1, 2), schema(keyed), "tables/air", Map.of());
        return new Snapshot(dataset, 1, 0, TimeGrain.NONE, files);
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 300) : LongStream.of(one);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void readingThePlanGivesTheRowsThatBruteForceGives(long seed) {
        Random random = new Random(seed);
        boolean keyed = random.nextInt(4) != 0;
        int span = random.nextBoolean() ? 40 : 400;
        Map<String, List<Row>> rowsOf = new HashMap<>();
        List<DataFile> files = new ArrayList<>();
        int runs = random.nextInt(6);
        for (int run = 1; run <= runs; run++) {
            for (List<Row> rows : randomRun(random, span)) {
                DataFile file = file("f" + files.size(), run, rows);
                rowsOf.put(file.blob(), rows);
                files.add(file);
            }
        }
        List<Row> live =
                random.nextBoolean() ? List.of() : randomRun(random, span).getFirst();
        List<ClosedTimeRange> liveRanges = rangesOf(live, random);
        Snapshot snapshot = snapshot(keyed, files);
        for (int i = 0; i < 20; i++) {
            Predicate predicate = randomPredicate(random, span);
            List<Row> expected = new ArrayList<>();
            if (keyed) {
                expected.addAll(merged(files, live, blob -> rowsOf.getOrDefault(blob, List.of())).stream()
                        .filter(row -> matches(predicate, row))
                        .toList());
            } else {
                rowsOf.values().forEach(expected::addAll);
                expected.addAll(live);
                expected.removeIf(row -> !matches(predicate, row));
            }
            ScanPlan plan = snapshot.plan(predicate, liveRanges);
            assertThat(read(plan, live, blob -> rowsOf.getOrDefault(blob, List.of()), predicate))
                    .as(predicate.toString())
                    .containsExactlyInAnyOrderElementsOf(expected);
            int left = plan.files().size();
            ScanPlan.Skipped skipped = plan.skipped();
            assertThat(left + skipped.byTime() + skipped.byCell() + skipped.byColumn())
                    .isEqualTo(files.size());
        }
    }

    /** Reads as the engine does: plain files as they are, groups merged, rows not in files once. */
    private static List<Row> read(
            ScanPlan plan, List<Row> live, Function<String, List<Row>> rowsOf, Predicate predicate) {
        List<Row> found = new ArrayList<>();
        plan.plain().forEach(file -> found.addAll(rowsOf.apply(file.blob())));
        for (Contested part : plan.contested()) {
            for (Row row : rowsOf.apply(part.file().blob())) {
                boolean isReplaced = isIn(part.times(), row)
                        && (plan.newer().stream()
                                        .filter(other ->
                                                other.file().run() > part.file().run())
                                        .flatMap(other -> rowsOf
                                                .apply(other.file().blob())
                                                .stream()
                                                .filter(newer -> isIn(other.times(), newer)))
                                        .anyMatch(newer -> isSame(newer, row))
                                || live.stream()
                                        .filter(newer -> isIn(plan.newerLive(), newer))
                                        .anyMatch(newer -> isSame(newer, row)));
                if (!isReplaced) {
                    found.add(row);
                }
            }
        }
        found.addAll(live);
        found.removeIf(row -> !matches(predicate, row));
        return found;
    }

    private static boolean isIn(List<ClosedTimeRange> times, Row row) {
        return times.stream().anyMatch(range -> range.firstMicros() <= row.time() && row.time() <= range.lastMicros());
    }

    private static boolean isSame(Row left, Row right) {
        return left.time() == right.time() && left.station().equals(right.station());
    }

    private static List<Row> merged(List<DataFile> files, List<Row> live, Function<String, List<Row>> rowsOf) {
        Map<RowKey, Row> newest = new HashMap<>();
        Map<RowKey, Long> runs = new HashMap<>();
        for (DataFile file : files) {
            for (Row row : rowsOf.apply(file.blob())) {
                RowKey key = new RowKey(row.station(), row.time());
                if (runs.merge(key, file.run(), Math::max) == file.run()) {
                    newest.put(key, row);
                }
            }
        }
        live.forEach(row -> newest.put(new RowKey(row.station(), row.time()), row));
        return List.copyOf(newest.values());
    }

    /** Files of one run: no key and time twice. */
    private static List<List<Row>> randomRun(Random random, int span) {
        Map<RowKey, Row> rows = new HashMap<>();
        long start = random.nextInt(span);
        int length = 1 + random.nextInt(span / 3);
        int stations = 1 + random.nextInt(6);
        for (int i = 0; i < 1 + random.nextInt(12); i++) {
            Row row = new Row(
                    "s" + random.nextInt(stations),
                    start + random.nextInt(length),
                    random.nextInt(8) == 0 ? null : (long) random.nextInt(30),
                    random.nextInt(8) == 0 ? null : random.nextInt(20) * 0.5);
            rows.putIfAbsent(new RowKey(row.station(), row.time()), row);
        }
        List<List<Row>> files = new ArrayList<>();
        for (Row row : rows.values()) {
            if (files.isEmpty() || random.nextInt(4) == 0) {
                files.add(new ArrayList<>());
            }
            files.get(random.nextInt(files.size())).add(row);
        }
        files.removeIf(List::isEmpty);
        return files;
    }

    private static List<ClosedTimeRange> rangesOf(List<Row> live, Random random) {
        List<ClosedTimeRange> ranges = new ArrayList<>();
        List<Row> batch = new ArrayList<>();
        for (Row row : live) {
            batch.add(row);
            if (random.nextBoolean()) {
                ranges.add(rangeOf(batch));
                batch.clear();
            }
        }
        if (!batch.isEmpty()) {
            ranges.add(rangeOf(batch));
        }
        return ranges;
    }

    private static ClosedTimeRange rangeOf(List<Row> rows) {
        return new ClosedTimeRange(
                rows.stream().mapToLong(Row::time).min().orElseThrow(),
                rows.stream().mapToLong(Row::time).max().orElseThrow());
    }

    private static DataFile file(String name, long run, List<Row> rows) {
        ClosedTimeRange time = rangeOf(rows);
        List<Long> cells =
                rows.stream().map(Row::cell).filter(Objects::nonNull).sorted().toList();
        List<Double> values =
                rows.stream().map(Row::value).filter(Objects::nonNull).sorted().toList();
        List<String> stations = rows.stream().map(Row::station).sorted().toList();
        return new DataFile(
                name,
                rows.size(),
                100,
                run,
                TimeGrain.NONE,
                0,
                time.firstMicros(),
                time.lastMicros(),
                cells.isEmpty() ? null : new CellBounds(cells.getFirst(), cells.getLast()),
                Map.of(
                        "station",
                        new ColumnBounds(stations.getFirst(), stations.getLast(), 0),
                        "value",
                        new ColumnBounds(
                                values.isEmpty() ? null : values.getFirst(),
                                values.isEmpty() ? null : values.getLast(),
                                rows.size() - values.size())));
    }

    private static Predicate randomPredicate(Random random, int span) {
        List<Predicate> parts = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            int from = random.nextInt(span);
            int to = from + random.nextInt(span / 2);
            int cell = random.nextInt(30);
            double value = random.nextInt(20) * 0.5;
            parts.add(
                    switch (random.nextInt(6)) {
                        case 0 -> new Predicate.During(new TimeRange(from, to));
                        case 1 -> new Predicate.Between("time", (long) from, (long) to);
                        case 2 ->
                            new Predicate.Within(new CellRanges(
                                    List.of(new CellRange(cell, cell + 3), new CellRange(cell + 6, cell + 7))));
                        case 3 -> new Predicate.Between("cell", (long) cell, cell + 5L);
                        case 4 -> new Predicate.Between("value", value, value + random.nextInt(4));
                        default -> {
                            String station = "s" + random.nextInt(6);
                            yield new Predicate.Between("station", station, station);
                        }
                    });
        }
        return parts.size() == 1 ? parts.getFirst() : new Predicate.And(parts);
    }

    private static boolean matches(Predicate predicate, Row row) {
        return switch (predicate) {
            case Predicate.And(List<Predicate> parts) -> parts.stream().allMatch(part -> matches(part, row));
            case Predicate.During(TimeRange range) -> range.contains(row.time());
            case Predicate.Within(CellRanges cells) -> row.cell() != null && cells.contains(row.cell());
            case Predicate.Between(String column, Comparable<?> low, Comparable<?> high) ->
                switch (column) {
                    case "time" -> (Long) low <= row.time() && row.time() <= (Long) high;
                    case "cell" -> row.cell() != null && (Long) low <= row.cell() && row.cell() <= (Long) high;
                    case "value" -> row.value() != null && (Double) low <= row.value() && row.value() <= (Double) high;
                    default -> row.station().equals(low);
                };
        };
    }

    @Test
    void aFileIsCountedUnderTheFirstReason() {
        Snapshot snapshot = snapshot(
                false,
                List.of(
                        file("early", 1, List.of(new Row("a", 1, 5L, 1.0))),
                        file("elsewhere", 1, List.of(new Row("a", 10, 50L, 9.0))),
                        file("low", 1, List.of(new Row("a", 11, 5L, 1.0))),
                        file("wanted", 1, List.of(new Row("a", 12, 5L, 9.0)))));
        ScanPlan plan = snapshot.plan(
                new Predicate.And(List.of(
                        new Predicate.During(new TimeRange(10, 20)),
                        new Predicate.Within(new CellRanges(List.of(new CellRange(0, 9)))),
                        new Predicate.Between("value", 5.0, Double.POSITIVE_INFINITY))),
                List.of());
        assertThat(plan.plain()).extracting(DataFile::blob).containsExactly("wanted");
        assertThat(plan.skipped()).isEqualTo(new ScanPlan.Skipped(1, 1, 1, 300));
    }

    @Test
    void aConditionOnAnOrdinaryColumnDoesNotBringBackAnOldVersion() {
        DataFile old = file("old", 1, List.of(new Row("a", 1, 5L, 9.0)));
        DataFile corrected = file("corrected", 2, List.of(new Row("a", 1, 5L, 1.0)));
        ScanPlan plan =
                snapshot(true, List.of(old, corrected)).plan(new Predicate.Between("value", 5.0, 10.0), List.of());
        assertThat(plan.plain()).isEmpty();
        assertThat(plan.contested()).containsExactly(part(old, 1, 1));
        assertThat(plan.newer()).containsExactly(part(corrected, 1, 1));
        assertThat(plan.files()).containsExactlyInAnyOrder(old, corrected);
    }

    @Test
    void runsThatOnlyMeetOutsideTheWantedTimeNeedNoMerge() {
        DataFile first = file("first", 1, List.of(new Row("a", 1, 5L, 9.0), new Row("a", 10, 5L, 9.0)));
        DataFile second = file("second", 2, List.of(new Row("a", 10, 5L, 9.0), new Row("a", 20, 5L, 9.0)));
        ScanPlan plan = snapshot(true, List.of(first, second))
                .plan(new Predicate.During(new TimeRange(0, 10)), List.of(new ClosedTimeRange(12, 30)));
        assertThat(plan.plain()).containsExactly(first);
        assertThat(plan.contested()).isEmpty();
    }

    @Test
    void onlyTheTimesThatRunsShareAreContested() {
        DataFile first = file("first", 1, rowsAt(0, 10));
        DataFile second = file("second", 2, rowsAt(10, 22));
        DataFile third = file("third", 3, rowsAt(20, 30));
        ScanPlan plan = snapshot(true, List.of(first, second, third))
                .plan(Predicate.ALL, List.of(new ClosedTimeRange(29, 40), new ClosedTimeRange(50, 60)));
        assertThat(plan.plain()).isEmpty();
        assertThat(plan.contested()).containsExactly(part(first, 10, 10), part(second, 20, 22), part(third, 29, 30));
        assertThat(plan.newer()).containsExactly(part(second, 10, 10), part(third, 20, 22));
        assertThat(plan.newerLive()).containsExactly(new ClosedTimeRange(29, 30));
    }

    @Test
    void theHighestRunIsPlainAndARunBetweenOthersThatDoNotReachItToo() {
        DataFile early = file("early", 1, rowsAt(0, 10));
        DataFile late = file("late", 2, rowsAt(20, 30));
        DataFile between = file("between", 3, rowsAt(12, 18));
        DataFile correction = file("correction", 4, rowsAt(5, 25));
        ScanPlan plan = snapshot(true, List.of(early, between, late)).plan(Predicate.ALL, List.of());
        assertThat(plan.plain()).containsExactlyInAnyOrder(early, between, late);
        plan = snapshot(true, List.of(early, between, late, correction)).plan(Predicate.ALL, List.of());
        assertThat(plan.plain()).containsExactly(correction);
        assertThat(plan.contested()).containsExactly(part(early, 5, 10), part(late, 20, 25), part(between, 12, 18));
        assertThat(plan.newer())
                .containsExactly(new Contested(
                        correction,
                        List.of(new ClosedTimeRange(5, 10), new ClosedTimeRange(12, 18), new ClosedTimeRange(20, 25))));
    }

    @Test
    void aContestedFileWithoutWantedRowsIsLeftOutAndAskedForItsKeysOnlyWhereOneWithSuchRowsIsBelow() {
        DataFile here = file("here", 1, List.of(new Row("a", 1, 5L, 1.0), new Row("a", 9, 5L, 1.0)));
        DataFile there = file("there", 2, List.of(new Row("a", 5, 50L, 1.0), new Row("a", 19, 50L, 1.0)));
        DataFile yonder = file("yonder", 3, List.of(new Row("a", 15, 90L, 1.0), new Row("a", 29, 90L, 1.0)));
        ScanPlan plan = snapshot(true, List.of(here, there, yonder))
                .plan(
                        new Predicate.Within(new CellRanges(List.of(new CellRange(0, 9)))),
                        List.of(new ClosedTimeRange(12, 30)));
        assertThat(plan.plain()).isEmpty();
        assertThat(plan.contested()).containsExactly(part(here, 5, 9));
        assertThat(plan.newer()).containsExactly(part(there, 5, 9));
        assertThat(plan.newerLive()).isEmpty();
        assertThat(plan.skipped()).isEqualTo(new ScanPlan.Skipped(0, 1, 0, 100));
    }

    @Test
    void manyContestedTimesAreJoinedAcrossTheNarrowestGaps() {
        List<DataFile> files = new ArrayList<>();
        DataFile wide = file("wide", 1, rowsAt(0, 10_000));
        files.add(wide);
        for (int i = 0; i < 32; i++) {
            // In pairs: gaps of 5 and of 394.
            int start = i / 2 * 400 + i % 2 * 6;
            files.add(file("f" + i, 2 + i, rowsAt(start, start + 1)));
        }
        ScanPlan plan = snapshot(true, files).plan(Predicate.ALL, List.of());
        List<ClosedTimeRange> times = plan.contested().getFirst().times();
        assertThat(plan.contested()).hasSize(1);
        assertThat(times).hasSize(Contested.MOST_TIMES);
        assertThat(times.getLast()).isEqualTo(new ClosedTimeRange(15 * 400, 15 * 400 + 7));
        assertThat(plan.newer()).hasSize(32);
    }

    private static List<Row> rowsAt(long... times) {
        return LongStream.of(times)
                .mapToObj(time -> new Row("a", time, 5L, 1.0))
                .toList();
    }

    private static Contested part(DataFile file, long first, long last) {
        return new Contested(file, List.of(new ClosedTimeRange(first, last)));
    }

    @Test
    void stringsAreComparedAsTheirUtf8BytesAre() {
        List<String> sorted = List.of("", "a", "aa", "b", "\uD7FF", "\uE000", "\uFFFF", "\uD83D\uDE00", "\uDBFF\uDFFF");
        for (int i = 0; i < sorted.size(); i++) {
            for (int j = 0; j < sorted.size(); j++) {
                assertThat(Integer.signum(Pruning.compareByCodePoint(sorted.get(i), sorted.get(j))))
                        .isEqualTo(Integer.compare(i, j));
            }
        }
    }
}
