package dev.varve.server.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.impl.UnionListWriter;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultFormatTest {
    private static final ObjectNode STATS =
            JsonNodeFactory.instance.objectNode().put("rows", 3);
    private static final ObjectNode PROBLEM =
            JsonNodeFactory.instance.objectNode().put("code", "SQL_RUNTIME").put("detail", "no luck");

    private final BufferAllocator memory = new RootAllocator();

    @AfterEach
    void nothingIsLeaked() {
        memory.close();
    }

    @Test
    void jsonHasColumnsRowsAndStats() throws IOException {
        assertThat(written("json")).isEqualTo("""
                        {"columns":[{"name":"time","type":"timestamp"},{"name":"n","type":"long"},{"name":"x","type":"double"},\
                        {"name":"text","type":"string"},{"name":"flag","type":"boolean"},{"name":"day","type":"date"},\
                        {"name":"bytes","type":"binary"},{"name":"list","type":"list<int>"},{"name":"price","type":"decimal"},\
                        {"name":"f","type":"float"}],"rows":[
                        ["2021-07-10T20:32:43.470Z",9223372036854775807,0.1,"a \\"b\\"\\n\\u0001é",true,"1969-12-31","AQID",[1,null,3],12.50,0.1],
                        ["2021-07-10T20:32:43Z",-9223372036854775808,null,"",false,"2024-02-29","",[],-0.01,3.4028235E38],
                        [null,null,null,null,null,null,null,null,null,null]
                        ],"stats":{"rows":3}}
                        """);
    }

    @Test
    void jsonOfABatchThatFailsLaterIsStillJsonAndSaysSo() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VectorSchemaRoot batch = batch()) {
            ResultWriter writer = begin("json", batch, out);
            writer.write(batch);
            writer.fail(PROBLEM);
        }
        assertThat(new ObjectMapper()
                        .readTree(out.toByteArray())
                        .path("error")
                        .path("code")
                        .asText())
                .isEqualTo("SQL_RUNTIME");
    }

    @Test
    void ndjsonHasAnObjectALine() throws IOException {
        assertThat(written("ndjson").lines().toList())
                .hasSize(3)
                .first()
                .isEqualTo("{\"time\":\"2021-07-10T20:32:43.470Z\",\"n\":9223372036854775807,\"x\":0.1,"
                        + "\"text\":\"a \\\"b\\\"\\n\\u0001é\",\"flag\":true,\"day\":\"1969-12-31\",\"bytes\":\"AQID\","
                        + "\"list\":[1,null,3],\"price\":12.50,\"f\":0.1}");
    }

    @Test
    void csvQuotesWhatNeedsItAndTellsEmptyFromNull() throws IOException {
        assertThat(written("csv"))
                .isEqualTo("time,n,x,text,flag,day,bytes,list,price,f\r\n"
                        + "2021-07-10T20:32:43.470Z,9223372036854775807,0.1,\"a \"\"b\"\"\n\u0001é\",true,1969-12-31,AQID,"
                        + "\"[1,null,3]\",12.50,0.1\r\n"
                        + "2021-07-10T20:32:43Z,-9223372036854775808,NaN,\"\",false,2024-02-29,,[],-0.01,3.4028235E38\r\n"
                        + ",,,,,,,,,\r\n");
    }

    @Test
    void prettyIsATable() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (IntVector n = new IntVector("n", memory);
                VarCharVector text = new VarCharVector("text", memory)) {
            n.setSafe(0, 1);
            n.setSafe(1, 100);
            text.setSafe(0, "long enough".getBytes(StandardCharsets.UTF_8));
            n.setValueCount(2);
            text.setValueCount(2);
            VectorSchemaRoot batch = VectorSchemaRoot.of(n, text);
            ResultWriter writer = begin("pretty", batch, out);
            writer.write(batch);
            writer.end(STATS);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("""
                           n | text
                        -----+-------------
                           1 | long enough
                         100 |
                        (2 rows)
                        """);
    }

    @Test
    void prettyStopsAtItsLimitAndSaysSo() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (IntVector n = new IntVector("n", memory)) {
            n.setValueCount(PrettyFormat.MOST_ROWS + 1);
            VectorSchemaRoot batch = VectorSchemaRoot.of(n);
            ResultWriter writer = begin("pretty", batch, out);
            writer.write(batch);
            assertThat(writer.isFull()).isTrue();
            writer.end(STATS);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("(first 1000 rows; there are more");
    }

    @Test
    void prettyCutsLongValuesUnlessTheyStandAlone() throws IOException {
        assertThat(prettyTexts(1)).contains("x".repeat(500)).doesNotContain("-".repeat(123));
        assertThat(prettyTexts(2)).contains("x".repeat(119) + "…").doesNotContain("x".repeat(120));
    }

    private String prettyTexts(int columns) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VarCharVector first = new VarCharVector("plan", memory);
                VarCharVector second = new VarCharVector("more", memory)) {
            first.setSafe(0, "x".repeat(500).getBytes(StandardCharsets.UTF_8));
            first.setValueCount(1);
            second.setValueCount(1);
            VectorSchemaRoot batch = columns == 1 ? VectorSchemaRoot.of(first) : VectorSchemaRoot.of(first, second);
            ResultWriter writer = begin("pretty", batch, out);
            writer.write(batch);
            writer.end(STATS);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void geojsonHasPointsAndNullGeometries() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Float8Vector lat = new Float8Vector("lat", memory);
                IntVector n = new IntVector("n", memory);
                Float8Vector lon = new Float8Vector("lon", memory)) {
            lat.setSafe(0, 25.5);
            lon.setSafe(0, -80.25);
            n.setSafe(0, 7);
            lat.setValueCount(2);
            lon.setValueCount(2);
            n.setValueCount(2);
            VectorSchemaRoot batch = VectorSchemaRoot.of(lat, n, lon);
            ResultWriter writer = begin("geojson", batch, out);
            writer.write(batch);
            writer.end(STATS);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("""
                        {"type":"FeatureCollection","features":[
                        {"type":"Feature","geometry":{"type":"Point","coordinates":[-80.25,25.5]},"properties":{"n":7}},
                        {"type":"Feature","geometry":null,"properties":{"n":null}}
                        ]}
                        """);
    }

    @Test
    void geojsonNeedsAPlace() {
        try (VectorSchemaRoot batch = batch()) {
            assertThatThrownBy(() -> begin("geojson", batch, new ByteArrayOutputStream()))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("no column 'lat'");
        }
    }

    @Test
    void arrowReadsBackEqual() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VectorSchemaRoot batch = batch()) {
            ResultWriter writer = begin("arrow", batch, out);
            writer.write(batch);
            writer.write(batch);
            writer.end(STATS);
            try (ArrowStreamReader reader =
                    new ArrowStreamReader(new ByteArrayInputStream(out.toByteArray()), memory)) {
                assertThat(reader.loadNextBatch()).isTrue();
                assertThat(reader.getVectorSchemaRoot().equals(batch)).isTrue();
                assertThat(reader.loadNextBatch()).isTrue();
                assertThat(reader.loadNextBatch()).isFalse();
            }
        }
    }

    @Test
    void arrowWithoutEndLacksItsMarker() throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        ByteArrayOutputStream cut = new ByteArrayOutputStream();
        try (VectorSchemaRoot batch = batch()) {
            ResultWriter writer = begin("arrow", batch, whole);
            writer.write(batch);
            writer.end(STATS);
            ResultWriter failing = begin("arrow", batch, cut);
            failing.write(batch);
            failing.fail(PROBLEM);
        }
        assertThat(whole.size() - cut.size()).isEqualTo(8);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void numbersAndTimesReadBackEqual(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = switch (i % 4) {
                case 0 -> Math.round(random.nextGaussian() * 1e5) / Math.pow(10, random.nextInt(6));
                case 1 -> Double.longBitsToDouble(random.nextLong());
                case 2 -> random.nextInt(100_000) * (random.nextBoolean() ? -1 : 1);
                default -> random.nextDouble() * Math.pow(10, random.nextInt(30) - 15);
            };
            if (Double.isFinite(value)) {
                String text = text(sink -> sink.number(value));
                assertThat(Double.parseDouble(text)).as(text).isEqualTo(value);
                assertThat(new BigDecimal(text)).isEqualByComparingTo(new BigDecimal(Double.toString(value)));
            }
            long whole = random.nextLong() >> random.nextInt(64);
            assertThat(text(sink -> sink.number(whole))).isEqualTo(Long.toString(whole));
            long micros = (random.nextLong() >> (12 + random.nextInt(20)))
                    / (long) Math.pow(10, random.nextInt(7))
                    * (long) Math.pow(10, random.nextInt(4));
            assertThat(text(sink -> sink.instant(micros, 0)))
                    .isEqualTo(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
        }
    }

    @Test
    void zerosKeepTheirSign() {
        assertThat(text(sink -> sink.number(-0.0))).isEqualTo("-0.0");
        assertThat(text(sink -> sink.number(0.0))).isEqualTo("0.0");
        assertThat(text(sink -> sink.number(-273.15))).isEqualTo("-273.15");
    }

    private interface Writing {
        void to(TextSink sink);
    }

    private static String text(Writing writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TextSink sink = new TextSink(out);
        writing.to(sink);
        sink.drain();
        return out.toString(StandardCharsets.UTF_8);
    }

    private String written(String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VectorSchemaRoot batch = batch()) {
            ResultWriter writer = begin(format, batch, out);
            writer.write(batch);
            writer.end(STATS);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static ResultWriter begin(String format, VectorSchemaRoot batch, ByteArrayOutputStream out) {
        return ((ResultFormat.Streamed) ResultFormats.byLabel(format).orElseThrow()).begin(batch.getSchema(), out);
    }

    private VectorSchemaRoot batch() {
        TimeStampMicroTZVector time = new TimeStampMicroTZVector("time", memory, "UTC");
        BigIntVector n = new BigIntVector("n", memory);
        Float8Vector x = new Float8Vector("x", memory);
        VarCharVector text = new VarCharVector("text", memory);
        BitVector flag = new BitVector("flag", memory);
        DateDayVector day = new DateDayVector("day", memory);
        VarBinaryVector bytes = new VarBinaryVector("bytes", memory);
        ListVector list = ListVector.empty("list", memory);
        DecimalVector price = new DecimalVector("price", memory, 10, 2);
        Float4Vector f = new Float4Vector("f", memory);
        long micros = Instant.parse("2021-07-10T20:32:43.470Z").toEpochMilli() * 1000;
        time.setSafe(0, micros);
        time.setSafe(1, micros - 470_000);
        n.setSafe(0, Long.MAX_VALUE);
        n.setSafe(1, Long.MIN_VALUE);
        x.setSafe(0, 0.1);
        x.setSafe(1, Double.NaN);
        text.setSafe(0, "a \"b\"\n\u0001é".getBytes(StandardCharsets.UTF_8));
        text.setSafe(1, new byte[0]);
        flag.setSafe(0, 1);
        flag.setSafe(1, 0);
        day.setSafe(0, -1);
        day.setSafe(1, (int) LocalDate.of(2024, 2, 29).toEpochDay());
        bytes.setSafe(0, new byte[] {1, 2, 3});
        bytes.setSafe(1, new byte[0]);
        UnionListWriter lists = list.getWriter();
        lists.startList();
        lists.writeInt(1);
        lists.writeNull();
        lists.writeInt(3);
        lists.endList();
        lists.setPosition(1);
        lists.startList();
        lists.endList();
        lists.setValueCount(2);
        price.setSafe(0, new BigDecimal("12.50"));
        price.setSafe(1, new BigDecimal("-0.01"));
        f.setSafe(0, 0.1f);
        f.setSafe(1, Float.MAX_VALUE);
        List<FieldVector> columns = List.of(time, n, x, text, flag, day, bytes, list, price, f);
        columns.forEach(column -> column.setValueCount(3));
        VectorSchemaRoot batch = new VectorSchemaRoot(columns);
        batch.setRowCount(3);
        return batch;
    }
}
