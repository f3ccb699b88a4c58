package dev.varve.server.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeTest {
    @TempDir
    private Path folder;

    private final List<BadRow> bad = new ArrayList<>();

    private List<Map<String, Object>> read(Recipe recipe) throws IOException {
        CollectedRows rows = new CollectedRows(recipe.dataset("d"));
        long[] bytes = {0};
        recipe.read(rows, bad::add, read -> bytes[0] += read);
        long size = 0;
        for (Path file : recipe.files()) {
            size += Files.size(file);
        }
        assertThat(bytes[0]).isEqualTo(size);
        return rows.rows;
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void ghcnStationsBecomeRowsInDegreesAndMillimetres() throws Exception {
        Path stations = file("stations.csv", "station,lat,lon,name\nA1,41.5,-90.25,\"ALEDO, IL\"\nB2,0,0,x\n");
        file("A1.txt", "19850101\t  -67\t -128\t   94\n19850102\t-9999\t-9999\t-9999\n");
        file("C3.txt", "19850101\t1\t2\t3\n");

        List<Map<String, Object>> rows = read(GhcnDaily.open(folder, stations));

        assertThat(rows)
                .containsExactly(
                        Map.of(
                                "time",
                                "1985-01-01T00:00:00Z",
                                "lat",
                                41.5,
                                "lon",
                                -90.25,
                                "station",
                                "A1",
                                "tmax",
                                -6.7,
                                "tmin",
                                -12.8,
                                "prcp",
                                9.4),
                        Map.of("time", "1985-01-02T00:00:00Z", "lat", 41.5, "lon", -90.25, "station", "A1"));
        assertThat(bad).containsExactly(new BadRow(folder.resolve("C3.txt"), 1, "station", "C3", "not in " + stations));
    }

    @Test
    void ghcnBadLinesAreNamed() throws Exception {
        Path stations = file("stations.csv", "station,lat,lon\nA1,1,2\n");
        Path data = file("A1.txt", "19850230\t1\t2\t3\n1985010\t1\t2\t3\n19850101\t1\tx\t3\n19850101\t1\t2\n");

        assertThat(read(GhcnDaily.open(folder, stations))).isEmpty();
        assertThat(bad)
                .containsExactly(
                        new BadRow(data, 1, "date", "19850230", "no such date"),
                        new BadRow(data, 2, "date", "1985010", "not a date YYYYMMDD"),
                        new BadRow(data, 3, "tmin", "x", "not a number"),
                        new BadRow(data, 4, "line", "19850101\t1\t2", "3 fields instead of date, tmax, tmin, prcp"));
    }

    @Test
    void aFolderOrStationListOfAnotherKindIsRefused() throws Exception {
        Path stations = file("stations.csv", "id,lat,lon\nA1,1,2\n");
        assertThatThrownBy(() -> GhcnDaily.open(folder, stations)).hasMessageContaining("no station files");
        file("A1.txt", "");
        assertThatThrownBy(() -> GhcnDaily.open(folder, stations)).hasMessageContaining("no column 'station'");
    }

    @Test
    void hurricaneTextAndCsvGiveTheSameRows() throws Exception {
        Path text = file("a.txt", """
                AL011970,               ALMA,     2,
                19700517, 1800,  , TD, 11.5N,  79.0W,  25, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999,
                19700518, 0030, L, TD, 11.7S, 179.5E, -99, 1007,   10,    0, -999, -999, -999, -999, -999, -999, -999, -999, -999, -999,
                """);
        Path csv = file("a.csv", """
                id,name,datetime,lat,lon,record_id,sys_status,wind_max_sus,min_pres,wind_34kt_ne,wind_34kt_se
                AL011970,ALMA,1970-05-17T18:00:00Z,11.5,-79,,TD,25,,,
                AL011970,ALMA,1970-05-18T00:30:00Z,-11.7,179.5,L,TD,-99,1007,10,0
                """);

        List<Map<String, Object>> rows = read(new Hurdat2(text));

        assertThat(rows).isEqualTo(read(new Hurdat2(csv)));
        assertThat(rows.get(1))
                .isEqualTo(Map.of(
                        "time",
                        "1970-05-18T00:30:00Z",
                        "lat",
                        -11.7,
                        "lon",
                        179.5,
                        "id",
                        "AL011970",
                        "name",
                        "ALMA",
                        "record_id",
                        "L",
                        "sys_status",
                        "TD",
                        "min_pres",
                        1007L,
                        "wind_34kt_ne",
                        10L,
                        "wind_34kt_se",
                        0L))
                .doesNotContainKey("wind_max_sus");
        assertThat(bad).isEmpty();
    }

    @Test
    void damagedHurricaneTracksAreNamed() throws Exception {
        Path text = file("a.txt", """
                AL011970,               ALMA,     3,
                19700517, 1800,  , TD, 11.5X,  79.0W,  25, -999,
                19700517, 2500,  , TD, 11.5N,  79.0W,  25, -999,
                """);
        assertThat(read(new Hurdat2(text))).isEmpty();
        assertThat(bad)
                .extracting(BadRow::row, BadRow::column, BadRow::value)
                .containsExactly(tuple(2L, "lat", "11.5X"), tuple(3L, "time", "2500"), tuple(1L, "count", "3"));
        Path other = file("b.txt", "hello\n");
        assertThatThrownBy(() -> read(new Hurdat2(other))).hasMessageContaining("neither");
    }

    @Test
    void quakesComeFromCsvAndGeoJson() throws Exception {
        Path csv = file(
                "q.csv",
                "time,latitude,longitude,depth,mag,magType,nst,id,updated,place\n"
                        + "2021-07-10T20:32:43.470Z,38.8,-122.8,-2.18,,md,9,nc1,2021-07-10T20:34:19.664Z,"
                        + "\"8km NW of \"\"The Geysers\"\", CA\"\nx,1,2,3,4,m,5,nc2,,\n");
        Path json = file("q.geojson", """
                {"type":"FeatureCollection","metadata":{"count":2},"features":[
                {"type":"Feature","properties":{"mag":1.6,"place":"Susitna","time":1649051836769,"updated":1649052020437,"tz":null,"nst":null,"magType":"ml","tsunami":0},
                 "geometry":{"type":"Point","coordinates":[-150.5,61.9,68.2]},"id":"ak0"},
                {"type":"Feature","properties":{"time":null},"geometry":null,"id":"ak1"}]}""");

        assertThat(read(new UsgsQuakes(csv)))
                .containsExactly(Map.of(
                        "time",
                        "2021-07-10T20:32:43.470Z",
                        "lat",
                        38.8,
                        "lon",
                        -122.8,
                        "id",
                        "nc1",
                        "depth",
                        -2.18,
                        "mag_type",
                        "md",
                        "nst",
                        9L,
                        "updated",
                        1625949259664000L,
                        "place",
                        "8km NW of \"The Geysers\", CA"));
        assertThat(read(new UsgsQuakes(json)))
                .containsExactly(Map.of(
                        "time",
                        "2022-04-04T05:57:16.769Z",
                        "lat",
                        61.9,
                        "lon",
                        -150.5,
                        "id",
                        "ak0",
                        "mag",
                        1.6,
                        "depth",
                        68.2,
                        "mag_type",
                        "ml",
                        "updated",
                        1649052020437000L,
                        "place",
                        "Susitna",
                        "tsunami",
                        0L));
        assertThat(bad).extracting(BadRow::row, BadRow::column).hasSize(2);
    }

    @Test
    void aTruncatedFeedIsRefused() throws Exception {
        Path json = file("q.geojson", "{\"features\":[{\"id\":");
        assertThatThrownBy(() -> read(new UsgsQuakes(json))).isInstanceOf(UnreadableFileException.class);
    }

    @Test
    void theRealFilesGiveTheKnownSums() throws Exception {
        Path data = RealData.folder();

        List<Map<String, Object>> fixes = read(new Hurdat2(data.resolve("hurdat2/hurdat2_atlantic_1851_2025.csv")));
        assertThat(fixes).hasSize(55_605);
        assertThat(fixes.stream().filter(row -> !row.containsKey("wind_max_sus")))
                .hasSize(57);
        long wind = fixes.stream()
                .mapToLong(row -> (Long) row.getOrDefault("wind_max_sus", -99L))
                .sum();
        assertThat(wind).isEqualTo(2_922_727);

        List<Map<String, Object>> text = read(new Hurdat2(data.resolve("hurdat2/hurdat2-atlantic-1970-2018.txt")));
        assertThat(text).hasSize(21_509);
        assertThat(text.stream().map(row -> row.get("id")).distinct()).hasSize(798);

        assertThat(read(new UsgsQuakes(data.resolve("usgs-earthquakes/all_month.csv"))))
                .hasSize(11_842);
        assertThat(read(new UsgsQuakes(data.resolve("usgs-earthquakes/eq_data_7_day_m1.geojson"))))
                .hasSize(1_405);
        assertThat(bad).isEmpty();
    }

    @Test
    void theRealStationsGiveTheKnownSums() throws Exception {
        Path data = RealData.folder();
        Path ghcn = data.resolve("ghcnd-us-corn-belt");
        Recipe recipe = GhcnDaily.open(ghcn, ghcn.resolve("stations.csv"));
        Sums sums = new Sums();
        recipe.read(sums, bad::add, bytes -> {});

        assertThat(sums.rows).isEqualTo(1_729_957);
        assertThat(sums.tenths).containsExactly(0, 282_129_392L, 76_295_280L, 42_925_808L);
        assertThat(bad).isEmpty();
    }

    /** Adds up the values as tenths again. */
    private static final class Sums implements RowTarget {
        private final long[] tenths = new long[4];
        private long rows;

        @Override
        public void time(long micros) {
            if (micros % 86_400_000_000L != 0) {
                throw new AssertionError(micros);
            }
        }

        @Override
        public void at(double lat, double lon) {
            if (!(lat > 30 && lat < 50 && lon < -80)) {
                throw new AssertionError(lat + " " + lon);
            }
        }

        @Override
        public void set(int column, double value) {
            tenths[column] += Math.round(value * 10);
        }

        @Override
        public void set(int column, long value) {
            throw new AssertionError("no whole numbers");
        }

        @Override
        public void set(int column, CharSequence value) {
            // Stations are counted elsewhere.
        }

        @Override
        public void add() {
            rows++;
        }
    }
}
