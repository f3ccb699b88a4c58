package dev.varve.ingest.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0, 0",
        "+5, 5",
        "12.0, 12",
        "1e3, 1000",
        "-9223372036854775808, -9223372036854775808",
        "9223372036854775807, 9223372036854775807",
        "000123, 123"
    })
    void wholeNumbers(String text, long expected) throws BadValue {
        assertThat(Numbers.parseLong(Text.of(text))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "+", "1.5", "1,5", "9223372036854775808", "0x10", "1 2", "1e400", "1e-5", "--1"})
    void othersAreNoWholeNumbers(String text) {
        assertThatThrownBy(() -> Numbers.parseLong(Text.of(text))).isInstanceOf(BadValue.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1d", "0x1p3", "1e", ".", "-", "1..2", "1e+", "Infinity", "-inf", "1e999", "1_0", "١"})
    void othersAreNoDoubles(String text) {
        assertThatThrownBy(() -> Numbers.parseDouble(Text.of(text), 0)).isInstanceOf(BadValue.class);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void doublesEqualThoseOfTheJdk(long seed) throws BadValue {
        Random random = new Random(seed);
        for (int i = 0; i < 50_000; i++) {
            String text = switch (random.nextInt(4)) {
                case 0 -> Double.toString(Double.longBitsToDouble(random.nextLong() & 0xBFEF_FFFF_FFFF_FFFFL));
                case 1 -> random.nextInt(200_000) / 1_000 + "." + random.nextInt(100_000);
                case 2 ->
                    BigDecimal.valueOf(random.nextLong(), random.nextInt(40)).toPlainString();
                default -> random.nextLong() + "e" + (random.nextInt(60) - 30);
            };
            assertThat(Numbers.parseDouble(Text.of(text), 0)).as(text).isEqualTo(Double.parseDouble(text));
        }
    }

    @Test
    void tenthsAreWhatAPersonWouldWrite() throws BadValue {
        Scaling tenths = new Scaling(new BigDecimal("0.1"), BigDecimal.ZERO);
        Scaling kelvin = new Scaling(new BigDecimal("0.1"), new BigDecimal("273.15"));
        for (int raw = -100_000; raw <= 100_000; raw++) {
            assertThat(tenths.toDouble((double) raw)).isEqualTo(raw / 10.0);
            assertThat(tenths.toDouble(Text.of(Integer.toString(raw)))).isEqualTo(raw / 10.0);
        }
        assertThat(tenths.toDouble(Text.of("12.3"))).isEqualTo(1.23);
        assertThat(kelvin.toDouble(Text.of("-67"))).isEqualTo(266.45);
        assertThat(new Scaling(BigDecimal.TEN, BigDecimal.ONE).toLong(5L)).isEqualTo(51);
        assertThatThrownBy(() -> tenths.toLong(5L)).isInstanceOf(BadValue.class);
    }
}
