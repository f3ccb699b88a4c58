package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random keyed lakes of overlapping runs and live rows, with late rows and corrections that change a row's value and place,
 * answer as a plain DuckDB does that holds the last version of each row only; repeat one seed with {@code -Dvarve.seed=N}.
 */
@NullUnmarked
class RandomVersionsTest {
    private static final int QUESTIONS = 20;
    private static final int STATIONS = 12;
    private static final LocalDateTime START = LocalDateTime.of(1969, 12, 30, 0, 0);
    private static final List<String> ANSWERS = List.of(
            "select count(*) from obs where %s",
            "select count(*), count(value), sum(value), min(value), max(lat) from obs where %s",
            "select station, count(*), sum(value) from obs where %s group by station order by 1",
            "select date_trunc('day', time) as d, count(*), max(value) from obs where %s group by 1 order by 1",
            "select time, station, sensor, lat, lon, value, note from obs where %s order by 1, 2, 3",
            "select sum(value) from obs where %s and station in (select station from obs where value > 30)");

    private record Identity(LocalDateTime time, String station, int sensor) {}

    static LongStream fewSeeds() {
        Long seed = Long.getLong("varve.seed");
        return seed == null ? LongStream.range(0, 8) : LongStream.of(seed);
    }

    static LongStream manySeeds() {
        return LongStream.range(100, 400);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fewSeeds")
    void answersAreThoseOfTheLastVersions(long seed, @TempDir Path directory) throws SQLException {
        compare(seed, directory);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("manySeeds")
    void manyAnswersAreThoseOfTheLastVersions(long seed, @TempDir Path directory) throws SQLException {
        compare(seed, directory);
    }

    private static void compare(long seed, Path directory) throws SQLException {
        Random random = new Random(seed);
        boolean twoKeys = random.nextBoolean();
        Schema schema = new Schema(
                List.of(
                        new Column("station", ColumnType.STRING),
                        new Column("sensor", ColumnType.INT),
                        new Column("value", ColumnType.DOUBLE),
                        new Column("note", ColumnType.STRING)),
                twoKeys ? List.of("station", "sensor") : List.of("station"),
                7);
        // Runs of consecutive hours that meet in an instant, overlap by a few or mostly, or leave a gap.
        int overlapHours = List.of(-2, 0, 1, 4, 30).get(random.nextInt(5));
        int runHours = 6 + random.nextInt(60);
        int lateRows = random.nextInt(3) == 0 ? 0 : random.nextInt(12);
        int runs = 1 + random.nextInt(6);
        int liveBatches = random.nextInt(4);
        Map<Identity, Map<String, Object>> known = new LinkedHashMap<>();
        List<List<List<Map<String, Object>>>> files = new ArrayList<>();
        List<List<Map<String, Object>>> live = new ArrayList<>();
        int from = 0;
        for (int run = 0; run < runs + liveBatches; run++) {
            int hours = run < runs ? runHours : 1 + random.nextInt(runHours);
            List<Map<String, Object>> rows = run(random, from, hours, lateRows, twoKeys, known);
            if (run < runs) {
                files.add(split(random, rows));
            } else {
                live.add(rows);
            }
            from = Math.max(0, from + hours - overlapHours);
        }
        try (TestLake lake = new TestLake(directory)) {
            lake.add("obs", schema, files, live, random.nextBoolean() ? 0 : 1_000_000);
            for (int i = 0; i < QUESTIONS; i++) {
                String sql = ANSWERS.get(random.nextInt(ANSWERS.size())).formatted(condition(random, from));
                assertThat(lake.ask(sql).lines())
                        .as(sql)
                        .isEqualTo(lake.oracle(sql).lines());
            }
            assertThat(lake.openViews()).isZero();
        }
    }

    /** Hourly rows of most stations, late ones, and other versions of rows that came before; no identity twice. */
    private static List<Map<String, Object>> run(
            Random random,
            int from,
            int hours,
            int lateRows,
            boolean twoKeys,
            Map<Identity, Map<String, Object>> known) {
        Map<Identity, Map<String, Object>> rows = new LinkedHashMap<>();
        for (int hour = from; hour <= from + hours; hour++) {
            for (int station = 0; station < STATIONS; station++) {
                if (random.nextInt(5) > 0) {
                    put(random, rows, new Identity(at(hour), "S" + station, twoKeys ? random.nextInt(2) : 0));
                }
            }
        }
        List<Identity> before = new ArrayList<>(known.keySet());
        for (int i = 0; i < lateRows; i++) {
            put(random, rows, new Identity(at(random.nextInt(from + 1)), "S" + random.nextInt(STATIONS), 0));
            if (!before.isEmpty()) {
                put(random, rows, before.get(random.nextInt(before.size())));
            }
        }
        known.putAll(rows);
        return new ArrayList<>(rows.values());
    }

    private static void put(Random random, Map<Identity, Map<String, Object>> rows, Identity identity) {
        Map<String, Object> row = new HashMap<>();
        row.put("time", identity.time());
        row.put("station", identity.station());
        row.put("sensor", identity.sensor());
        if (random.nextInt(10) > 0) {
            // Most versions are at the station's own place, some anywhere.
            int home = Integer.parseInt(identity.station().substring(1));
            int place = random.nextInt(4) > 0 ? home : random.nextInt(STATIONS);
            row.put("lat", 40 + place * 1.0);
            row.put("lon", 5 + place % 4 * 2.5);
        }
        if (random.nextInt(10) > 0) {
            row.put("value", random.nextInt(80) * 0.5);
        }
        row.put("note", "n" + random.nextInt(3));
        rows.put(identity, row);
    }

    private static LocalDateTime at(int hour) {
        return START.plusHours(hour);
    }

    /** Into files by day or by place. */
    private static List<List<Map<String, Object>>> split(Random random, List<Map<String, Object>> rows) {
        boolean byDay = random.nextBoolean();
        Map<Object, List<Map<String, Object>>> files = new TreeMap<>();
        for (Map<String, Object> row : rows) {
            Object file = byDay
                    ? ((LocalDateTime) row.get("time")).toLocalDate().toString()
                    : row.get("lat") == null ? "none" : String.valueOf((double) row.get("lat") > 45);
            files.computeIfAbsent(file, key -> new ArrayList<>()).add(row);
        }
        return new ArrayList<>(files.values());
    }

    private static String condition(Random random, int hours) {
        List<String> parts = new ArrayList<>(List.of("true"));
        for (int i = random.nextInt(4); i > 0; i--) {
            int lat = 39 + random.nextInt(STATIONS);
            int lon = 4 + random.nextInt(8);
            LocalDateTime from = at(random.nextInt(hours + 1));
            parts.add(
                    switch (random.nextInt(9)) {
                        case 0 ->
                            "lat between %d and %d and lon between %d and %d".formatted(lat, lat + 3, lon, lon + 5);
                        case 1 -> "lat >= " + lat;
                        case 2 ->
                            "time >= timestamp '%s' and time < timestamp '%s'"
                                    .formatted(text(from), text(from.plusHours(random.nextInt(40))));
                        case 3 -> "time = timestamp '" + text(from) + "'";
                        case 4 -> "value > " + random.nextInt(38);
                        case 5 -> "value is null";
                        case 6 -> "station = 'S" + random.nextInt(STATIONS) + "'";
                        case 7 -> "note <> 'n" + random.nextInt(3) + "'";
                        default -> "(lon < " + lon + " or value < " + random.nextInt(30) + ")";
                    });
        }
        return String.join(" and ", parts);
    }

    private static String text(LocalDateTime time) {
        return time.toString().replace('T', ' ') + ":00";
    }
}
