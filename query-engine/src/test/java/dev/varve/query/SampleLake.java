package dev.varve.query;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;

/** The datasets that tests ask: weather, stations, readings with corrections, and quakes. */
@NullUnmarked
final class SampleLake {
    private static final String[] STATES = {"IA", "IL", "IN", "NE", "OH"};

    private SampleLake() {}

    static TestLake in(Path directory) throws SQLException {
        TestLake lake = new TestLake(directory);
        Random random = new Random(42);
        weather(lake, random);
        stations(lake, new Random(43));
        readings(lake, random);
        quakes(lake, random);
        return lake;
    }

    private static Map<String, Object> row(Object... namesAndValues) {
        Map<String, Object> row = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            row.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return row;
    }

    /** One row a station and day of 2012, in a file a quarter; the last days are live. */
    private static void weather(TestLake lake, Random random) throws SQLException {
        Schema schema = new Schema(
                List.of(
                        new Column("station", ColumnType.STRING),
                        new Column("tmax", ColumnType.DOUBLE),
                        new Column("tmin", ColumnType.DOUBLE),
                        new Column("prcp", ColumnType.FLOAT),
                        new Column("obs", ColumnType.INT),
                        new Column("seq", ColumnType.LONG),
                        new Column("ok", ColumnType.BOOLEAN),
                        new Column("date", ColumnType.DATE),
                        new Column("seen", ColumnType.TIMESTAMP),
                        new Column("note", ColumnType.STRING)),
                List.of(),
                9);
        List<List<Map<String, Object>>> groups = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            groups.add(new ArrayList<>());
        }
        long seq = 0;
        for (int day = 0; day < 366; day++) {
            for (int station = 0; station < 10; station++) {
                if (random.nextInt(12) == 0) {
                    continue;
                }
                LocalDateTime time =
                        LocalDateTime.of(2012, 1, 1, 0, 0).plusDays(day).plusHours(station);
                double warm = 10 - 14 * Math.cos((day - 20) / 366.0 * 2 * Math.PI) + random.nextGaussian() * 4;
                Map<String, Object> row = row(
                        "time", time,
                        "lat", station == 9 ? null : (Object) (40 + station * 0.3),
                        "lon", station == 9 ? null : (Object) (-92 + station * 0.8),
                        "station", "S" + station,
                        "tmax", random.nextInt(20) == 0 ? null : (Object) (Math.round(warm * 10) / 10.0),
                        "tmin", random.nextInt(20) == 0 ? null : (Object) (Math.round((warm - 8) * 10) / 10.0),
                        "prcp", random.nextInt(4) == 0 ? (float) Math.round(random.nextDouble() * 300) / 10 : 0f,
                        "obs", random.nextInt(100),
                        "seq", seq++,
                        "ok", random.nextInt(10) == 0 ? null : (Object) random.nextBoolean(),
                        "date", time.toLocalDate(),
                        "seen", time.plusMinutes(random.nextInt(600)),
                        "note",
                                random.nextInt(5) == 0
                                        ? "it's \"wet\" 東京"
                                        : random.nextInt(3) == 0 ? null : "n" + random.nextInt(9));
                groups.get(day >= 360 ? 4 : day / 90 % 4).add(row);
            }
        }
        lake.add("weather", schema, groups);
    }

    private static void stations(TestLake lake, Random random) throws SQLException {
        Schema schema = new Schema(
                List.of(
                        new Column("station", ColumnType.STRING),
                        new Column("state", ColumnType.STRING),
                        new Column("elevation", ColumnType.DOUBLE)),
                List.of(),
                9);
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int station = 0; station < 12; station++) {
            rows.add(row(
                    "time",
                    LocalDateTime.of(2000, 1, 1, 0, 0),
                    "lat",
                    40 + station * 0.3,
                    "lon",
                    -92 + station * 0.8,
                    "station",
                    "S" + station,
                    "state",
                    STATES[station % STATES.length],
                    "elevation",
                    Math.round(random.nextDouble() * 4000) / 10.0));
        }
        lake.add("st", schema, List.of(rows, List.of()));
    }

    /** Keyed by sensor: later files and live rows correct and move earlier ones. */
    private static void readings(TestLake lake, Random random) throws SQLException {
        Schema schema = new Schema(
                List.of(new Column("sensor", ColumnType.LONG), new Column("value", ColumnType.DOUBLE)),
                List.of("sensor"),
                9);
        List<List<Map<String, Object>>> groups = new ArrayList<>();
        for (int run = 0; run < 4; run++) {
            Map<String, Map<String, Object>> rows = new HashMap<>();
            for (int i = 0; i < (run == 0 ? 2_000 : 300); i++) {
                long sensor = random.nextInt(20);
                LocalDateTime time = LocalDateTime.of(2020, 1, 1, 0, 0).plusHours(random.nextInt(24 * 40));
                rows.put(
                        sensor + " " + time,
                        row(
                                "time",
                                time,
                                "lat",
                                random.nextInt(30) == 0 ? null : (Object) (random.nextDouble() * 10),
                                "lon",
                                (Object) (random.nextDouble() * 10),
                                "sensor",
                                sensor,
                                "value",
                                random.nextInt(20) == 0 ? null : (Object) (double) random.nextInt(1_000)));
            }
            List<Map<String, Object>> group = new ArrayList<>(rows.values());
            group.forEach(row -> {
                if (row.get("lat") == null) {
                    row.put("lon", null);
                }
            });
            groups.add(group);
        }
        lake.add("readings", schema, groups);
    }

    /** All over the globe, with the antimeridian and the poles well served. */
    private static void quakes(TestLake lake, Random random) throws SQLException {
        Schema schema = new Schema(
                List.of(
                        new Column("mag", ColumnType.DOUBLE),
                        new Column("depth", ColumnType.DOUBLE),
                        new Column("net", ColumnType.STRING),
                        new Column("year", ColumnType.INT)),
                List.of(),
                7);
        List<List<Map<String, Object>>> groups = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            groups.add(new ArrayList<>());
        }
        for (int i = 0; i < 6_000; i++) {
            double lat = Math.toDegrees(Math.asin(random.nextDouble() * 2 - 1));
            double lon = random.nextDouble() * 360 - 180;
            switch (i % 10) {
                case 0 -> lon = random.nextBoolean() ? 180 - random.nextDouble() : -180 + random.nextDouble();
                case 1 -> lat = random.nextBoolean() ? 90 - random.nextDouble() * 3 : -90 + random.nextDouble() * 3;
                case 2 -> {
                    lat = Math.round(lat);
                    lon = Math.round(lon);
                }
                default -> {}
            }
            LocalDateTime time = LocalDateTime.of(2021, 6, 10, 21, 2, 5, 450_000_000)
                    .plusSeconds(random.nextInt(30 * 86_400))
                    .plusNanos(random.nextInt(1_000) * 1_000_000L);
            // Files hold places of one region, as files of a lake sorted by cell do.
            int file = i >= 5_800 ? 6 : (lon < -60 ? 0 : lon < 60 ? 1 : 2) + (lat < 0 ? 3 : 0);
            groups.get(file)
                    .add(row(
                            "time",
                            time,
                            "lat",
                            lat,
                            "lon",
                            lon,
                            "mag",
                            random.nextInt(50) == 0 ? null : (Object) (Math.round(random.nextDouble() * 70) / 10.0),
                            "depth",
                            random.nextDouble() * 600,
                            "net",
                            List.of("us", "ci", "nc", "ak", "pr").get(random.nextInt(5)),
                            "year",
                            2021));
        }
        lake.add("quakes", schema, groups);
    }
}
