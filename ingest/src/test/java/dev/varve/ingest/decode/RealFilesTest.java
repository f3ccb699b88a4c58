package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RealFilesTest {
    private record Loaded(Inferred inferred, Decoded decoded) {
        double sum(String target) {
            return values(target)
                    .mapToDouble(value -> ((Number) value).doubleValue())
                    .sum();
        }

        Stream<Object> values(String target) {
            int at = 3
                    + inferred.columns().stream()
                            .map(column -> column.name())
                            .toList()
                            .indexOf(target);
            return decoded.rows().stream().map(row -> row.get(at)).filter(value -> value != null);
        }

        Map<String, ColumnType> types() {
            Map<String, ColumnType> types = new HashMap<>();
            inferred.mapped().forEach(column -> types.put(column.target(), column.type()));
            return types;
        }
    }

    private static Loaded load(String name, BodyFormat format, Mapping mapping) {
        Path file = RealData.file(name);
        Inferred inferred;
        try (BufferAllocator memory = new RootAllocator();
                InputStream in = Files.newInputStream(file)) {
            inferred = SchemaInference.infer(format, in, mapping, memory, DecodeLimits.DEFAULT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Schema schema = new Schema(inferred.columns(), List.of(), 9);
        try (InputStream in = Files.newInputStream(file)) {
            return new Loaded(inferred, Decoded.of(format, in, inferred.mapping(), schema, DecodeLimits.DEFAULT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void earthquakes() {
        Loaded quakes = load("usgs-earthquakes/all_month.csv", BodyFormat.CSV, Mapping.DEFAULT);
        assertThat(quakes.decoded().errors()).isEmpty();
        assertThat(quakes.decoded().rows()).hasSize(11_842);
        assertThat(quakes.values("mag").count()).isEqualTo(11_841);
        assertThat(quakes.values("depth").filter(depth -> (double) depth < 0).count())
                .isEqualTo(312);
        assertThat(quakes.types())
                .containsEntry("updated", ColumnType.TIMESTAMP)
                .containsEntry("magtype", ColumnType.STRING)
                .containsEntry("nst", ColumnType.LONG)
                .containsEntry("lat", ColumnType.DOUBLE);
        assertThat(quakes.decoded().rows().getFirst().getFirst()).isEqualTo("2021-07-10T20:32:43.470");
    }

    @Test
    void hurricanes() {
        Loaded hurricanes = load(
                "hurdat2/hurdat2_atlantic_1851_2025.csv",
                BodyFormat.CSV,
                Mapping.builder().missingIn("wind_max_sus", "-99").build());
        assertThat(hurricanes.decoded().errors()).isEmpty();
        assertThat(hurricanes.decoded().rows()).hasSize(55_605);
        assertThat(hurricanes.types())
                .containsEntry("time", ColumnType.TIMESTAMP)
                .containsEntry("wind_max_sus", ColumnType.LONG);
        assertThat(hurricanes.decoded().rows().getFirst().getFirst()).isEqualTo("1851-06-25T00:00");
    }

    @Test
    void fires() {
        Loaded fires = load("modis-fires/world_fires_7_day.csv", BodyFormat.CSV, Mapping.DEFAULT);
        assertThat(fires.decoded().errors()).isEmpty();
        assertThat(fires.decoded().rows()).hasSize(41_670);
        assertThat(fires.sum("frp")).isCloseTo(1_436_396.32, org.assertj.core.data.Offset.offset(0.01));
        assertThat(fires.types())
                .containsEntry("satellite", ColumnType.STRING)
                .containsEntry("version_2", ColumnType.STRING);
        assertThat(fires.decoded().rows().getFirst().getFirst()).isEqualTo("2022-03-28T00:05");
    }

    @Test
    void newYorkWeatherInLocalTime() {
        Loaded weather = load("nycflights13/data-raw/weather.csv", BodyFormat.CSV, Mapping.DEFAULT);
        assertThat(weather.decoded().errors()).isEmpty();
        assertThat(weather.decoded().rows()).hasSize(26_115);
        assertThat(weather.types()).containsEntry("temp", ColumnType.DOUBLE).containsEntry("origin", ColumnType.STRING);
        assertThat(weather.values("temp").mapToDouble(value -> (double) value).max())
                .hasValue(100.04);
    }

    @Test
    void stationDaysInParquet() {
        Loaded days = load("ghcnd-us-corn-belt/ghcnd_daily_1985_2014.parquet", BodyFormat.PARQUET, Mapping.DEFAULT);
        assertThat(days.decoded().errors()).isEmpty();
        assertThat(days.decoded().rows()).hasSize(1_729_957);
        assertThat(days.sum("tmax")).isEqualTo(282_129_392);
        assertThat(days.sum("prcp")).isEqualTo(42_925_808);
    }

    static Stream<String> csvFiles() {
        return Stream.of(
                "usgs-earthquakes/all_month.csv",
                "hurdat2/hurdat2_atlantic_1851_2025.csv",
                "modis-fires/world_fires_7_day.csv",
                "vega/seattle-weather.csv",
                "vega/birdstrikes.csv",
                "vega/co2-concentration.csv");
    }

    /** The same file read by DuckDB, every field as text, must have the same values in the same rows. */
    @ParameterizedTest
    @MethodSource("csvFiles")
    void everyFieldEqualsWhatDuckDbReads(String name) throws SQLException {
        Mapping mapping = name.endsWith("birdstrikes.csv")
                ? Mapping.builder().time("Flight Date").build()
                : Mapping.DEFAULT;
        Loaded loaded = load(name, BodyFormat.CSV, mapping);
        assertThat(loaded.decoded().errors()).isEmpty();
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                ResultSet expected = duck.createStatement()
                        .executeQuery("select * from read_csv('" + RealData.file(name)
                                + "', header=true, all_varchar=true, delim=',', quote='\"', escape='\"')")) {
            List<MappedColumn> mapped = loaded.inferred().mapped();
            int row = 0;
            while (expected.next()) {
                List<Object> found = loaded.decoded().rows().get(row++);
                for (MappedColumn column : mapped) {
                    if (column.source().contains(",") || column.type() == ColumnType.TIMESTAMP) {
                        continue;
                    }
                    String text = expected.getString(column.source());
                    Object value = found.get(slot(loaded, column));
                    assertThat(value)
                            .as(row + " " + column.source())
                            .isEqualTo(parser(column.type()).apply(text));
                }
            }
            assertThat(loaded.decoded().rows()).hasSize(row);
        }
    }

    private static int slot(Loaded loaded, MappedColumn column) {
        return switch (column.target()) {
            case "lat" -> 1;
            case "lon" -> 2;
            default ->
                3
                        + loaded.inferred().columns().stream()
                                .map(own -> own.name())
                                .toList()
                                .indexOf(column.target());
        };
    }

    private static Function<@Nullable String, @Nullable Object> parser(ColumnType type) {
        return text -> {
            if (text == null) {
                return null;
            }
            return switch (type) {
                case LONG -> Long.valueOf(text.strip());
                case DOUBLE -> Double.valueOf(text);
                case BOOLEAN -> text.equalsIgnoreCase("true") || text.equalsIgnoreCase("yes");
                default -> text;
            };
        };
    }
}
