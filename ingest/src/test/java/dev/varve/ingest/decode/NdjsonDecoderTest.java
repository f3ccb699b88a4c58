package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NdjsonDecoderTest {
    private static final Schema SCHEMA = new Schema(
            List.of(
                    new Column("name", ColumnType.STRING),
                    new Column("tmax", ColumnType.DOUBLE),
                    new Column("seen", ColumnType.TIMESTAMP)),
            List.of(),
            9);

    @Test
    void eachLineStandsForItself() {
        Decoded decoded = Decoded.ndjson("""
                {"time":"2020-01-01T00:00:00Z","name":"a","tmax":1.5}
                {"time":1577836800,"name":7,"tmax":"2.5","lat":1,"lon":2}
                {"time":1577836800,"name":{"x":1}}
                {broken
                [1,2]
                {"time":"2020-01-01","tmax":true}
                {"time":"2020-01-01","tmax":null,"name":"","seen":"2020-01-01T01:00:00+01:00"}

                {"time":"2020-01-01"} trailing
                {"time":"2020-01-01","tmax":1,"tmax":2}
                {"time":"2020-01-01","tmx":1}
                {"time":"2020-01-01","tmax":NaN}
                """, Mapping.builder().ignore("tmx").build(), SCHEMA);
        assertThat(decoded.rows())
                .containsExactly(
                        Arrays.asList("2020-01-01T00:00", null, null, "a", 1.5, null),
                        Arrays.asList("2020-01-01T00:00", 1.0, 2.0, "7", 2.5, null),
                        Arrays.asList("2020-01-01T00:00", null, null, "", null, "2020-01-01T00:00"),
                        Arrays.asList("2020-01-01T00:00", null, null, null, null, null),
                        Arrays.asList("2020-01-01T00:00", null, null, null, null, null));
        assertThat(decoded.errors()).extracting(RowError::row).containsExactly(3L, 4L, 5L, 6L, 8L, 9L);
        assertThat(decoded.errors().getFirst()).isEqualTo(new RowError(3, "name", "", "an object, not a value"));
    }

    @Test
    void columnsMayBeginAndEndWithAnUnderscore() {
        Schema schema = new Schema(
                List.of(new Column("_deleted", ColumnType.BOOLEAN), new Column("tmax_", ColumnType.DOUBLE)),
                List.of(),
                9);
        Decoded decoded =
                Decoded.ndjson("{\"time\":\"2020-01-01\",\"_deleted\":true,\"tmax_\":1.5}\n", Mapping.DEFAULT, schema);
        assertThat(decoded.rows()).containsExactly(Arrays.asList("2020-01-01T00:00", null, null, true, 1.5));
    }

    @Test
    void aKeyNobodyKnowsIsRefused() {
        assertThatThrownBy(() -> Decoded.ndjson("{\"time\":\"2020-01-01\",\"tmx\":1}\n", Mapping.DEFAULT, SCHEMA))
                .hasMessageContaining("tmx");
    }

    @Test
    void keysThatComeLateAreFoundToo() {
        StringBuilder body = new StringBuilder();
        String line = "{\"time\":\"2020-01-01\",\"name\":\"" + "x".repeat(500) + "\"}\n";
        for (int i = 0; i < 3_000; i++) {
            body.append(line);
        }
        body.append("{\"time\":\"2020-01-01\",\"tmax\":1}\n{\"time\":\"2020-01-01\",\"tmx\":1}\n");
        Decoded decoded = Decoded.ndjson(body.toString(), Mapping.DEFAULT, SCHEMA);
        assertThat(decoded.rows()).hasSize(3_001);
        assertThat(decoded.rows().getLast().get(4)).isEqualTo(1.0);
        assertThat(decoded.errors().getFirst().reason()).contains("did you mean 'tmax'");
    }

    /** JSON says by itself when bytes are no letters, so this one is a letter like others. */
    @Test
    void theReplacementCharacterMayBeSent() {
        Decoded decoded = Decoded.ndjson(
                "{\"time\":\"2020-01-01\",\"name\":\"\uFFFD\"}\n{\"time\":\"2020-01-01\",\"name\":\"\\ufffd\"}",
                Mapping.DEFAULT,
                SCHEMA);
        assertThat(decoded.errors()).isEmpty();
        assertThat(decoded.rows()).allSatisfy(row -> assertThat(row).contains("\uFFFD"));
    }

    @Test
    void aLineTooLongIsLeftOut() {
        String body =
                "{\"time\":\"2020-01-01\"}\n{\"time\":\"" + "1".repeat(3_000_000) + "\"}\n{\"time\":\"2020-01-02\"}";
        Decoded decoded = Decoded.ndjson(body, Mapping.DEFAULT, SCHEMA);
        assertThat(decoded.rows()).hasSize(2);
        assertThat(decoded.errors()).extracting(RowError::row).containsExactly(2L);
    }
}
