package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TimeStampMilliVector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider.MapDictionaryProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RowCheckerTest {
    private static final Schema SCHEMA = new Schema(
            List.of(
                    new Column("name", ColumnType.STRING),
                    new Column("t", ColumnType.DOUBLE),
                    new Column("n", ColumnType.LONG)),
            List.of(),
            9);
    private final BufferAllocator memory = new RootAllocator();

    @AfterEach
    void nothingLeaks() {
        memory.close();
    }

    private TimeStampMicroVector times(long... micros) {
        TimeStampMicroVector vector = new TimeStampMicroVector("time", memory);
        vector.allocateNew(micros.length);
        for (int i = 0; i < micros.length; i++) {
            vector.set(i, micros[i]);
        }
        vector.setValueCount(micros.length);
        return vector;
    }

    private Float8Vector doubles(String name, @Nullable Double... values) {
        Float8Vector vector = new Float8Vector(name, memory);
        vector.allocateNew(values.length);
        for (int i = 0; i < values.length; i++) {
            Double value = values[i];
            if (value != null) {
                vector.set(i, value);
            }
        }
        vector.setValueCount(values.length);
        return vector;
    }

    private CheckedRows check(Mapping mapping, FieldVector... vectors) {
        try (VectorSchemaRoot root = VectorSchemaRoot.of(vectors)) {
            return RowChecker.check(
                    root, new MapDictionaryProvider(), mapping, SCHEMA, memory, DecodeLimits.DEFAULT, 1);
        }
    }

    @Test
    void matchingColumnsAreShared() {
        TimeStampMicroVector time = times(0, 1, 2);
        Float8Vector t = doubles("T", 1.0, null, 3.0);
        long address = t.getDataBuffer().memoryAddress();
        try (CheckedRows checked = check(Mapping.DEFAULT, t, time)) {
            assertThat(checked.errors()).isEmpty();
            assertThat(checked.batch().getSchema().getFields())
                    .extracting(org.apache.arrow.vector.types.pojo.Field::getName)
                    .containsExactly("time", "lat", "lon", "name", "t", "n");
            assertThat(checked.batch().getVector("t").getDataBuffer().memoryAddress())
                    .isEqualTo(address);
            assertThat(Decoded.rowsOf(checked.batch()).get(1))
                    .isEqualTo(Arrays.asList("1970-01-01T00:00:00.000001", null, null, null, null, null));
        }
    }

    @Test
    void badRowsAreLeftOutOneByOne() {
        TimeStampMicroVector time = times(0, 1, 2, Times.MAX + 1, 4, 5, 6);
        time.setNull(1);
        try (CheckedRows checked = check(
                Mapping.DEFAULT,
                time,
                doubles("lat", 0.0, 0.0, 95.0, 0.0, null, Double.NaN, 1.0),
                doubles("lon", 0.0, 0.0, 0.0, 0.0, 1.0, Double.NaN, 2.0),
                doubles("t", 1.0, 1.0, 1.0, 1.0, 1.0, Double.NaN, Double.POSITIVE_INFINITY))) {
            assertThat(checked.errors())
                    .containsExactly(
                            new RowError(2, "time", "", "time is missing"),
                            new RowError(3, "lat", "95.0", PlaceRules.BAD_LAT),
                            new RowError(4, "time", "+10000-01-01T00:00:00Z", "outside the years 0001 to 9999"),
                            new RowError(5, "lat", "", PlaceRules.HALF),
                            new RowError(7, "t", "Infinity", "infinite"));
            assertThat(Decoded.rowsOf(checked.batch()))
                    .containsExactly(
                            Arrays.asList("1970-01-01T00:00", 0.0, 0.0, null, 1.0, null),
                            Arrays.asList("1970-01-01T00:00:00.000005", null, null, null, null, null));
        }
    }

    @Test
    void otherTypesAreConverted() {
        TimeStampMilliVector time = new TimeStampMilliVector("time", memory);
        time.setSafe(0, -1);
        time.setSafe(1, 1_000);
        time.setValueCount(2);
        DecimalVector t = new DecimalVector("t", memory, 10, 2);
        t.setSafe(0, new BigDecimal("-6.70"));
        t.setSafe(1, new BigDecimal("99.99"));
        t.setValueCount(2);
        LargeVarCharVector name = new LargeVarCharVector("name", memory);
        name.setSafe(0, "é".getBytes(StandardCharsets.UTF_8));
        name.setSafe(1, new byte[] {(byte) 0xC3});
        name.setValueCount(2);
        SmallIntVector n = new SmallIntVector("n", memory);
        n.setSafe(0, -5);
        n.setSafe(1, 7);
        n.setValueCount(2);
        try (CheckedRows checked =
                check(Mapping.builder().missingIn("t", "99.99").build(), time, t, name, n)) {
            assertThat(Decoded.rowsOf(checked.batch()))
                    .containsExactly(Arrays.asList("1969-12-31T23:59:59.999", null, null, "é", -6.7, -5L));
            assertThat(checked.errors()).extracting(RowError::reason).containsExactly("not UTF-8");
        }
    }

    @Test
    void numbersThatDoNotFitAreErrors() {
        UInt8Vector n = new UInt8Vector("n", memory);
        n.setSafe(0, -1);
        n.setSafe(1, 1);
        n.setValueCount(2);
        Float4Vector t = new Float4Vector("t", memory);
        t.setSafe(0, 1.5f);
        t.setSafe(1, Float.NaN);
        t.setValueCount(2);
        try (CheckedRows checked = check(Mapping.DEFAULT, times(0, 0), n, t)) {
            assertThat(checked.errors())
                    .containsExactly(new RowError(1, "n", "18446744073709551615", "beyond 64 bits"));
            assertThat(checked.batch().getRowCount()).isEqualTo(1);
        }
        try (CheckedRows checked = check(Mapping.DEFAULT, times(0, 0), doubles("n", 1.0, 1.5))) {
            assertThat(checked.errors()).containsExactly(new RowError(2, "n", "1.5", "not a whole number"));
        }
    }

    @Test
    void timeComesInManyTypes() {
        DateDayVector days = new DateDayVector("date", memory);
        days.setSafe(0, -1);
        days.setValueCount(1);
        try (CheckedRows checked = check(Mapping.DEFAULT, days)) {
            assertThat(Decoded.rowsOf(checked.batch()).getFirst().getFirst()).isEqualTo("1969-12-31T00:00");
        }
        BigIntVector epoch = new BigIntVector("ts", memory);
        epoch.setSafe(0, -1_500);
        epoch.setValueCount(1);
        try (CheckedRows checked =
                check(Mapping.builder().timeFormat("epoch-ms").build(), epoch)) {
            assertThat(Decoded.rowsOf(checked.batch()).getFirst().getFirst()).isEqualTo("1969-12-31T23:59:58.500");
        }
        VarCharVector text = new VarCharVector("time", memory);
        text.setSafe(0, "2020-01-01 00:00+02:00".getBytes(StandardCharsets.UTF_8));
        text.setValueCount(1);
        try (CheckedRows checked = check(Mapping.DEFAULT, text)) {
            assertThat(Decoded.rowsOf(checked.batch()).getFirst().getFirst()).isEqualTo("2019-12-31T22:00");
        }
        TimeStampMicroTZVector zoned = new TimeStampMicroTZVector("time", memory, "Europe/Berlin");
        zoned.setSafe(0, 5);
        zoned.setValueCount(1);
        try (CheckedRows checked = check(Mapping.DEFAULT, zoned)) {
            assertThat(Decoded.rowsOf(checked.batch()).getFirst().getFirst()).isEqualTo("1970-01-01T00:00:00.000005");
        }
        NullVector nothing = new NullVector("time", 1);
        try (CheckedRows checked = check(Mapping.DEFAULT, nothing)) {
            assertThat(checked.errors()).hasSize(1);
        }
    }

    @Test
    void unknownColumnsNameTheNearest() {
        assertThatThrownBy(() -> check(Mapping.DEFAULT, times(0), doubles("nane", 1.0)))
                .hasMessageContaining("'nane'");
        assertThatThrownBy(() -> check(Mapping.DEFAULT, doubles("t", 1.0)))
                .hasMessageContaining("no time column among t");
    }
}
