package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimesTest {
    private static Instant read(String format, String zone, String text) throws BadValue {
        return Instant.EPOCH.plus(new Times(format, ZoneId.of(zone)).micros(Text.of(text)), ChronoUnit.MICROS);
    }

    @ParameterizedTest
    @CsvSource({
        "auto, UTC, 2021-07-10, 2021-07-10T00:00:00Z",
        "auto, UTC, 2021-07-10T20:32, 2021-07-10T20:32:00Z",
        "auto, UTC, 2021-07-10 20:32:43.470, 2021-07-10T20:32:43.470Z",
        "auto, UTC, 2021-07-10T20:32:43.123456789Z, 2021-07-10T20:32:43.123456Z",
        "auto, UTC, 1969-12-31T23:59:59.9999999Z, 1969-12-31T23:59:59.999999Z",
        "auto, UTC, 2021-07-10T20:32:43+05:30, 2021-07-10T15:02:43Z",
        "auto, UTC, 2021-07-10T20:32:43-0330, 2021-07-11T00:02:43Z",
        "auto, UTC, 2021-07-10 20:32:43 UTC, 2021-07-10T20:32:43Z",
        "auto, UTC, 20210710, 2021-07-10T00:00:00Z",
        "auto, UTC, 202107102032, 2021-07-10T20:32:00Z",
        "auto, UTC, 20210710203243, 2021-07-10T20:32:43Z",
        "auto, UTC, 20210710T203243.5Z, 2021-07-10T20:32:43.5Z",
        "auto, UTC, 1625948763, 2021-07-10T20:26:03Z",
        "auto, UTC, 1625948763.25, 2021-07-10T20:26:03.25Z",
        "auto, UTC, 1625948763470, 2021-07-10T20:26:03.470Z",
        "auto, UTC, 1625948763470001, 2021-07-10T20:26:03.470001Z",
        "auto, UTC, 1625948763470001999, 2021-07-10T20:26:03.470001Z",
        "auto, UTC, 0001-01-01, 0001-01-01T00:00:00Z",
        "auto, UTC, 9999-12-31T23:59:59.999999, 9999-12-31T23:59:59.999999Z",
        "auto, UTC, 2000-02-29, 2000-02-29T00:00:00Z",
        "epoch-s, UTC, -1.5, 1969-12-31T23:59:58.5Z",
        "epoch-ns, UTC, -1, 1969-12-31T23:59:59.999999Z",
        "epoch-ms, UTC, 5, 1970-01-01T00:00:00.005Z",
        "yyyyMMdd HH:mm, UTC, 20210710 20:32, 2021-07-10T20:32:00Z",
        "yyyyDDD, UTC, 2021191, 2021-07-10T00:00:00Z",
        "yyyy-MM, UTC, 2021-07, 2021-07-01T00:00:00Z",
        "dd/MM/yyyy hh:mm a, UTC, 10/07/2021 08:32 PM, 2021-07-10T20:32:00Z",
        "yyyyMMddHH, UTC, 2021071020, 2021-07-10T20:00:00Z",
        "yyyy-MM-dd HH:mm xxx, UTC, 2021-07-10 20:32 +02:00, 2021-07-10T18:32:00Z",
        "auto, America/New_York, 2021-07-10T20:32, 2021-07-11T00:32:00Z",
        "auto, America/New_York, 2021-11-07T01:30, 2021-11-07T05:30:00Z",
        "auto, America/New_York, 2021-07-10T20:32Z, 2021-07-10T20:32:00Z",
        "auto, +05:30, 2021-07-10T00:00, 2021-07-09T18:30:00Z"
    })
    void timesAreRead(String format, String zone, String text, Instant expected) throws BadValue {
        assertThat(read(format, zone, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2021-02-29",
                "2021-7-1",
                "2021-07-10T24:00",
                "2021-07-10T20:32:60",
                "2021-07-10T20",
                "2021-07-10T20:32:43.",
                "2021-07-10T20:32:43.1234567890",
                "0000-12-31",
                "2021071020",
                "123",
                "12345678901",
                "99999999",
                "abc",
                "-1",
                "2021-07-10Z0"
            })
    void othersAreRefused(String text) {
        assertThatThrownBy(() -> read("auto", "UTC", text)).isInstanceOf(BadValue.class);
    }

    @Test
    void timesInTheGapAreNamed() {
        assertThatThrownBy(() -> read("auto", "America/New_York", "2021-03-14T02:30"))
                .isInstanceOf(BadValue.class)
                .hasMessageContaining("America/New_York")
                .hasMessageContaining("2021-03-14");
    }

    /** Against java.time, over all changes of clocks. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void localTimesEqualThoseOfTheJdk(long seed) throws BadValue {
        Random random = new Random(seed);
        for (String name :
                new String[] {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"}) {
            ZoneId zone = ZoneId.of(name);
            Times times = new Times("auto", zone);
            LocalDateTime local = LocalDateTime.of(1900, 1, 1, 0, 0);
            for (int i = 0; i < 20_000; i++) {
                local = local.plusMinutes(random.nextInt(7_000));
                if (zone.getRules().getValidOffsets(local).isEmpty()) {
                    continue;
                }
                long expected = local.atZone(zone).toEpochSecond() * 1_000_000;
                assertThat(times.micros(Text.of(local.toString())))
                        .as(local + " " + zone)
                        .isEqualTo(expected);
            }
        }
    }
}
