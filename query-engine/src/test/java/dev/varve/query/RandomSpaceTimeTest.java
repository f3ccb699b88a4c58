package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.space.H3Cells.Place;
import dev.varve.testkit.RandomPlaces;
import dev.varve.testkit.RandomRegions;
import dev.varve.testkit.SpaceCase;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random regions and times, asked in SQL, give exactly the rows that a loop over all rows finds; repeat one seed with {@code
 * -Dvarve.seed=N}.
 */
@NullUnmarked
class RandomSpaceTimeTest {
    private static final int CASES = 500;
    private static final int PER_STATEMENT = 10;
    private static final LocalDateTime START = LocalDateTime.of(1969, 12, 1, 0, 0);

    private record Row(long id, LocalDateTime time, Place place) {}

    private record Case(SpaceCase space, LocalDateTime from, LocalDateTime until) {
        boolean holds(Row row) {
            return !row.time().isBefore(from)
                    && row.time().isBefore(until)
                    && row.place() != null
                    && space.region().contains(row.place().lat(), row.place().lon());
        }

        String sql(int number) {
            return "select " + number + " as k, id from places where " + space.sql() + " and time >= '" + from
                    + "' and time < timestamp '" + until.toString().replace('T', ' ') + "'";
        }
    }

    static Stream<Long> fewSeeds() {
        Long seed = Long.getLong("varve.seed");
        return seed == null ? Stream.of(1L, 2L) : Stream.of(seed);
    }

    static LongStream manySeeds() {
        return LongStream.range(100, 118);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fewSeeds")
    void answersEqualALoopOverAllRows(long seed, @TempDir Path directory) throws SQLException {
        compare(seed, directory);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("manySeeds")
    void manyAnswersEqualALoopOverAllRows(long seed, @TempDir Path directory) throws SQLException {
        compare(seed, directory);
    }

    private static void compare(long seed, Path directory) throws SQLException {
        Random random = new Random(seed);
        RandomRegions regions = new RandomRegions(seed);
        RandomPlaces places = new RandomPlaces(seed);
        List<Place> at = new ArrayList<>();
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < CASES; i++) {
            SpaceCase space = regions.next();
            LocalDateTime from = START.plusHours(random.nextInt(24 * 40));
            cases.add(new Case(space, from, from.plusHours(random.nextInt(24 * 60))));
            at.addAll(space.landmarks().subList(0, Math.min(3, space.landmarks().size())));
            at.add(places.near(space));
        }
        for (int i = 0; i < 1_000; i++) {
            at.add(i % 20 == 0 ? null : places.next());
        }
        List<Row> rows = new ArrayList<>();
        for (Place place : at) {
            rows.add(new Row(rows.size(), START.plusMinutes(random.nextInt(60 * 24 * 60)), place));
        }
        // Files of neighbouring places and some of neighbouring times, so that both kinds of pruning matter.
        List<Row> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparingDouble(
                row -> row.place() == null ? -999 : row.place().lon()));
        List<List<Map<String, Object>>> groups = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            groups.add(new ArrayList<>());
        }
        for (int i = 0; i < sorted.size(); i++) {
            Row row = sorted.get(i);
            Map<String, Object> values = new HashMap<>();
            values.put("time", row.time());
            values.put("id", row.id());
            if (row.place() != null) {
                values.put("lat", row.place().lat());
                values.put("lon", row.place().lon());
            }
            boolean early = row.time().isBefore(START.plusDays(30));
            groups.get(i % 15 == 0 ? 8 : i * 4 / sorted.size() + (early ? 0 : 4))
                    .add(values);
        }
        try (TestLake lake = new TestLake(directory)) {
            lake.add("places", new Schema(List.of(new Column("id", ColumnType.LONG)), List.of(), 7), groups);
            for (int first = 0; first < CASES; first += PER_STATEMENT) {
                List<Case> some = cases.subList(first, first + PER_STATEMENT);
                List<String> parts = new ArrayList<>();
                TreeMap<String, TreeSet<Long>> expected = new TreeMap<>();
                for (int i = 0; i < some.size(); i++) {
                    parts.add(some.get(i).sql(i));
                    for (Row row : rows) {
                        if (some.get(i).holds(row)) {
                            expected.computeIfAbsent(String.valueOf(i), k -> new TreeSet<>())
                                    .add(row.id());
                        }
                    }
                }
                String sql = String.join(" union all ", parts);
                TreeMap<String, TreeSet<Long>> found = new TreeMap<>();
                for (List<String> row : lake.ask(sql).rows()) {
                    assertThat(found.computeIfAbsent(row.get(0), k -> new TreeSet<>())
                                    .add(Long.parseLong(row.get(1))))
                            .isTrue();
                }
                for (int i = 0; i < some.size(); i++) {
                    assertThat(found.get(String.valueOf(i)))
                            .as(parts.get(i))
                            .isEqualTo(expected.get(String.valueOf(i)));
                }
            }
        }
    }
}
