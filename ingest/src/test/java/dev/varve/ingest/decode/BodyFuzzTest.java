package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyFuzzTest {
    private static final Schema SCHEMA = new Schema(
            List.of(
                    new Column("name", ColumnType.STRING),
                    new Column("t", ColumnType.DOUBLE),
                    new Column("n", ColumnType.LONG),
                    new Column("ok", ColumnType.BOOLEAN)),
            List.of(),
            9);

    @TempDir
    Path folder;

    private static void decodeAndInfer(BodyFormat format, byte[] bytes) {
        try {
            Decoded.of(format, new ByteArrayInputStream(bytes), Mapping.DEFAULT, SCHEMA, DecodeLimits.DEFAULT);
        } catch (VarveException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        try (BufferAllocator memory = new RootAllocator()) {
            SchemaInference.infer(
                    format, new ByteArrayInputStream(bytes), Mapping.DEFAULT, memory, DecodeLimits.DEFAULT);
        } catch (VarveException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    @ParameterizedTest(name = "{0} seed {1}")
    @CsvSource({"CSV, 1", "CSV, 2", "NDJSON, 1", "NDJSON, 2"})
    void brokenTextsNeverDoHarm(BodyFormat format, long seed) {
        String csv = """
                time,lat,lon,name,t,n,ok
                2020-01-01T00:00:00Z,1,2,"a,""b""\",1.5,7,true
                20200101,-1,-2,é😀,-1e-5,-9,no
                """;
        String ndjson = """
                {"time":"2020-01-01T00:00:00Z","lat":1,"lon":2,"name":"a\\u00e9","t":1.5}
                {"time":1577836800,"n":7,"ok":true,"name":null}
                """;
        byte[] whole = (format == BodyFormat.CSV ? csv : ndjson).getBytes(StandardCharsets.UTF_8);
        Random random = new Random(Long.getLong("varve.seed", seed));
        for (int round = 0; round < 3_000; round++) {
            decodeAndInfer(format, ArrowFuzzTest.damaged(whole, random));
        }
    }

    private byte[] parquet(String options) throws SQLException, IOException {
        Path file = folder.resolve("rows.parquet");
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement()) {
            statement.execute(
                    "copy (select timestamp '2020-01-01' + to_seconds(i) as time, 1.5::double lat, 2.5::float lon,"
                            + " 'station ' || (i % 5) as name, case when i % 7 = 0 then null else i * 0.5 end::decimal(9,2) as t,"
                            + " i::int n, i % 2 = 0 as ok from range(500) r(i)) to '" + file + "' (format parquet"
                            + options + ")");
        }
        return Files.readAllBytes(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ", compression zstd, parquet_version v2",
                ", compression gzip",
                ", compression lz4_raw",
                ", compression uncompressed, row_group_size 200"
            })
    void parquetOfOthersIsRead(String options) throws SQLException, IOException {
        Decoded decoded = Decoded.of(
                BodyFormat.PARQUET,
                new ByteArrayInputStream(parquet(options)),
                Mapping.DEFAULT,
                SCHEMA,
                DecodeLimits.DEFAULT);
        assertThat(decoded.errors()).isEmpty();
        assertThat(decoded.rows()).hasSize(500);
        assertThat(decoded.rows().get(33))
                .isEqualTo(List.of("2020-01-01T00:00:33", 1.5, 2.5, "station 3", 16.5, 33L, false));
    }

    @ParameterizedTest(name = "{0} seed {1}")
    @CsvSource({"'', 1", "', compression zstd, parquet_version v2', 2"})
    void brokenParquetNeverDoesHarm(String options, long seed) throws SQLException, IOException {
        byte[] whole = parquet(options);
        Random random = new Random(Long.getLong("varve.seed", seed));
        for (int round = 0; round < 800; round++) {
            decodeAndInfer(BodyFormat.PARQUET, ArrowFuzzTest.damaged(whole, random));
        }
    }

    /** Files made to break readers, and files with everything the format can hold. */
    @ParameterizedTest
    @ValueSource(strings = {"data", "bad_data"})
    void filesOfTheParquetProjectEndWell(String name) throws IOException {
        try (var files = Files.list(RealData.file("parquet-testing/" + name))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                decodeAndInfer(BodyFormat.PARQUET, Files.readAllBytes(file));
            }
        }
    }
}
