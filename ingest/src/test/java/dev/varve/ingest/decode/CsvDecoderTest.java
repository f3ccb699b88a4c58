package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CsvDecoderTest {
    private static final Schema AIR = new Schema(
            List.of(
                    new Column("station", ColumnType.STRING),
                    new Column("pm25", ColumnType.DOUBLE),
                    new Column("n", ColumnType.INT),
                    new Column("ok", ColumnType.BOOLEAN)),
            List.of("station"),
            9);

    @Test
    void columnsAreFoundByNameAndCase() {
        Decoded decoded = Decoded.csv(
                "\uFEFFStation,Latitude,LNG,timestamp,PM25\r\n\"a,\"\"1\"\"\",1.5,-2,2020-01-01T00:00:00Z,0.5\r\n",
                Mapping.DEFAULT,
                AIR);
        assertThat(decoded.rows())
                .containsExactly(Arrays.asList("2020-01-01T00:00", 1.5, -2.0, "a,\"1\"", 0.5, null, null));
        assertThat(decoded.errors()).isEmpty();
        assertThat(decoded.mapping()).contains(new MappedColumn("PM25", "pm25", ColumnType.DOUBLE, "0.5"));
    }

    @Test
    void eachBadRowIsReportedOnceAndLeftOut() {
        Decoded decoded = Decoded.csv("""
                time,station,pm25,n,ok
                2020-01-01,a,n/a,1,true
                2020-01-01,a,1,2
                2020-01-01,a,1,2,yes
                ,a,1,2,yes
                2020-01-01,,1,2,yes
                2020-01-01,a,1,3000000000,yes
                2020-01-01,a,inf,3,yes
                2020-01-01,a,NaN,3,maybe
                2020-13-01,a,NaN,3,t
                """, Mapping.DEFAULT, AIR);
        assertThat(decoded.rows()).containsExactly(Arrays.asList("2020-01-01T00:00", null, null, "a", 1.0, 2, true));
        assertThat(decoded.errors())
                .containsExactly(
                        new RowError(1, "pm25", "n/a", "not a number"),
                        new RowError(2, "", "2020-01-01", "expected 5 fields, found 4"),
                        new RowError(4, "time", "", "time is missing"),
                        new RowError(5, "station", "", "key column is missing"),
                        new RowError(6, "n", "3000000000", "beyond 32 bits"),
                        new RowError(7, "pm25", "inf", "infinite"),
                        new RowError(8, "ok", "maybe", "not a boolean"),
                        new RowError(9, "time", "2020-13-01", "not a time"));
    }

    @Test
    void placesAreCheckedAsPairs() {
        Schema bare = new Schema(List.of(), List.of(), 9);
        String body = """
                time,lat,lon
                2020-01-01,90,180
                2020-01-01,90.1,0
                2020-01-01,0,190
                2020-01-01,0,
                2020-01-01,NaN,nan
                2020-01-01,,
                """;
        Decoded decoded = Decoded.csv(body, Mapping.DEFAULT, bare);
        assertThat(decoded.rows()).hasSize(3);
        assertThat(decoded.errors()).extracting(RowError::row).containsExactly(2L, 3L, 4L);
        assertThat(decoded.errors().get(1).reason()).contains("lon360=true");
        Decoded wide = Decoded.csv(body, Mapping.builder().lon360(true).build(), bare);
        assertThat(wide.rows()).contains(Arrays.asList("2020-01-01T00:00", 0.0, -170.0));
    }

    @Test
    void mappingRenamesScalesAndKnowsMissingCodes() {
        Mapping mapping = Mapping.builder()
                .time("d,t")
                .map("pm25", "Value µg")
                .map("station", "id")
                .ignore("junk")
                .missing("-9999")
                .missingIn("n", "99")
                .scale("Value µg", new BigDecimal("0.1"))
                .zone(ZoneId.of("America/New_York"))
                .delimiter(';')
                .build();
        Decoded decoded = Decoded.csv("""
                d;t;id;Value µg;n;junk
                2020-07-01;0030;é😀;-67;99;x
                2020-07-01;1200;b;-9999;-9999;x
                """, mapping, AIR);
        assertThat(decoded.errors()).isEmpty();
        assertThat(decoded.rows())
                .containsExactly(
                        Arrays.asList("2020-07-01T04:30", null, null, "é😀", -6.7, null, null),
                        Arrays.asList("2020-07-01T16:00", null, null, "b", null, null, null));
    }

    @Test
    void bodyWithoutHeaderHasNumberedColumns() {
        Mapping mapping =
                Mapping.builder().header(false).time("c2").map("station", "c1").build();
        assertThat(Decoded.csv("a,20200102\nb,202001020304\n", mapping, AIR).rows())
                .extracting(row -> row.get(0))
                .containsExactly("2020-01-02T00:00", "2020-01-02T03:04");
    }

    @Test
    void unknownColumnsAreRefusedWithTheNearestName() {
        assertThatThrownBy(() -> Decoded.csv("time,station,pm2.5\n", Mapping.DEFAULT, AIR))
                .isInstanceOfSatisfying(VarveException.class, e -> {
                    assertThat(e).hasMessageContaining("pm2.5");
                    assertThat(e.hint()).contains("did you mean 'pm25'");
                });
        assertThatThrownBy(() -> Decoded.csv("when,station\n", Mapping.DEFAULT, AIR))
                .isInstanceOfSatisfying(VarveException.class, e -> {
                    assertThat(e).hasMessageContaining("when, station");
                    assertThat(e.hint()).contains("time=<column>");
                });
        assertThatThrownBy(() -> Decoded.csv("time,pm25\n", Mapping.DEFAULT, AIR))
                .hasMessageContaining("key column 'station'");
    }

    @Test
    void sameBytesGiveTheSameBatches() {
        StringBuilder body = new StringBuilder("time,station\n");
        for (int i = 0; i < 1_000; i++) {
            body.append("2020-01-01,").append(i % 7 == 0 ? "" : "s" + i).append('\n');
        }
        DecodeLimits limits = DecodeLimits.DEFAULT.withBatches(300, 1 << 20);
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        Decoded decoded = Decoded.of(BodyFormat.CSV, new ByteArrayInputStream(bytes), Mapping.DEFAULT, AIR, limits);
        assertThat(decoded.batches()).containsExactly(300, 300, 300, 100);
        assertThat(decoded.errors()).hasSize(143);
        assertThat(decoded.rows()).hasSize(857);
        assertThatThrownBy(() -> Decoded.of(
                        BodyFormat.CSV,
                        new ByteArrayInputStream(bytes),
                        Mapping.DEFAULT,
                        AIR,
                        DecodeLimits.DEFAULT.withBodyBytes(5_000)))
                .hasMessageContaining("larger than 5000 bytes");
    }

    @Test
    void textThatIsNotUtf8IsAnErrorOfItsRow() {
        byte[] bytes = "time,station\n2020-01-01,S\u00e3o\n2020-01-01,b\n".getBytes(StandardCharsets.ISO_8859_1);
        Decoded decoded =
                Decoded.of(BodyFormat.CSV, new ByteArrayInputStream(bytes), Mapping.DEFAULT, AIR, DecodeLimits.DEFAULT);
        assertThat(decoded.errors()).extracting(RowError::reason).containsExactly("not UTF-8");
        assertThat(decoded.rows()).hasSize(1);
    }

    @Test
    void aQuoteNeverClosedEndsInAnErrorThatSaysWhere() {
        String body = "time,station\n2020-01-01,a\n2020-01-01,\"b\n" + "x".repeat(2_000_000);
        assertThatThrownBy(() -> Decoded.csv(body, Mapping.DEFAULT, AIR))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("row 2");
    }
}
