package dev.varve.server.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Instant now = Instant.EPOCH;

    private Progress progress(Progress.Style style, long total) {
        return new Progress(terminal(false), style, () -> now, "air", Progress.Unit.BYTES, total);
    }

    private Terminal terminal(boolean errIsTerminal) {
        PrintStream out = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Terminal(InputStream.nullInputStream(), out, out, false, errIsTerminal, 100, Map.of());
    }

    @Test
    void aPipeGetsNoProgressAndATerminalABar() {
        assertThat(Progress.Style.usual(terminal(false))).isEqualTo(Progress.Style.NONE);
        assertThat(Progress.Style.usual(terminal(true))).isEqualTo(Progress.Style.BAR);
        try (Progress progress = progress(Progress.Style.NONE, 100)) {
            now = now.plusSeconds(10);
            progress.add(5, 50);
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void aLineSaysPartRateBytesAndTimeLeft() {
        try (Progress progress = progress(Progress.Style.PLAIN, 4 << 20)) {
            now = now.plusSeconds(2);
            progress.add(1_200_000, 1 << 20);
        }
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("air [======>                 ]  25 %  1,200,000 rows  600 k rows/s  1.0 MiB  6.0 s left\n");
    }

    @Test
    void aBarIsDrawnInPlaceAndTakenAway() {
        try (Progress progress = progress(Progress.Style.BAR, 100)) {
            progress.add(1, 1);
            now = now.plusMillis(150);
            progress.add(1, 1);
        }
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("\r\u001b[Kair [")
                .endsWith("\r\u001b[K");
    }

    @Test
    void amountsAreReadable() {
        assertThat(Amounts.bytes(1023)).isEqualTo("1023 B");
        assertThat(Amounts.bytes(1 << 20)).isEqualTo("1.0 MiB");
        assertThat(Amounts.about(999)).isEqualTo("999");
        assertThat(Amounts.about(1_234_567)).isEqualTo("1.2 M");
        assertThat(Amounts.duration(Duration.ofSeconds(185))).isEqualTo("3 min 5 s");
    }
}
