package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextCutterTest {
    private static List<BodyCutter.Body> cut(BodyCutter cutter) throws Exception {
        List<BodyCutter.Body> bodies = new ArrayList<>();
        for (BodyCutter.Body body = cutter.next(); body != null; body = cutter.next()) {
            bodies.add(body);
        }
        return bodies;
    }

    private static String text(BodyCutter.Body body) {
        return new String(body.bytes(), 0, body.length(), StandardCharsets.UTF_8);
    }

    private static ByteArrayInputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everyCsvBodyBeginsWithTheHeaderAndEndsWithARecord() throws Exception {
        String csv = "a,b\r\n1,\"x\ny\"\r\n\r\n2,\"q\"\"\n\"\r\n3,5\" pipe\r\n4,z";
        List<BodyCutter.Body> bodies = cut(TextCutter.csv(in(csv), 12, ',', true));
        assertThat(bodies.stream().map(TextCutterTest::text))
                .containsExactly(
                        "a,b\r\n1,\"x\ny\"\r\n", "a,b\r\n\r\n2,\"q\"\"\n\"\r\n", "a,b\r\n3,5\" pipe\r\n", "a,b\r\n4,z");
        assertThat(bodies.stream().map(BodyCutter.Body::rowsBefore)).containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void ndjsonIsCutAtLines() throws Exception {
        List<BodyCutter.Body> bodies = cut(TextCutter.ndjson(in("{\"a\":\"\\\"\"}\n{\"a\":2}\n"), 5));
        assertThat(bodies.stream().map(TextCutterTest::text)).containsExactly("{\"a\":\"\\\"\"}\n", "{\"a\":2}\n");
    }

    @Test
    void aFileWithoutRowsHasNoBody() throws Exception {
        assertThat(cut(TextCutter.csv(in("a,b\n\n"), 5, ',', true))).isEmpty();
        assertThat(cut(TextCutter.csv(in(""), 5, ',', true))).isEmpty();
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 50) : LongStream.of(one);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void cutAnywhereTheRecordsStayTheSame(long seed) throws Exception {
        Random random = new Random(seed);
        StringBuilder csv = new StringBuilder();
        int rows = random.nextInt(200);
        for (int i = 0; i < rows; i++) {
            csv.append(i).append(',');
            if (random.nextBoolean()) {
                csv.append('"').append(random.nextBoolean() ? "\n,\"\"" : "é").append('"');
            }
            csv.append(random.nextBoolean() ? "\n" : "\r\n");
        }
        List<BodyCutter.Body> bodies = cut(TextCutter.csv(in("h,x\n" + csv), 1 + random.nextInt(100), ',', true));
        StringBuilder joined = new StringBuilder();
        long before = 0;
        for (BodyCutter.Body body : bodies) {
            assertThat(text(body)).startsWith("h,x\n");
            joined.append(text(body).substring(4));
            assertThat(body.rowsBefore()).isEqualTo(before);
            before += body.rows();
        }
        assertThat(joined.toString()).isEqualTo(csv.toString());
        assertThat(before).isEqualTo(rows);
    }
}
