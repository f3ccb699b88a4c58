package dev.varve.server.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void numbersStandToTheRightAndNullHasItsOwnSign() {
        TextTable table =
                new TextTable(List.of(new TextTable.Header("station", false), new TextTable.Header("t", true)));
        table.add(Arrays.asList("KJFK", "21.4"))
                .add(Arrays.asList(null, "-3.0"))
                .add(Arrays.asList("", null));
        assertThat(table.text()).isEqualTo("""
                        station     t
                        -------  ----
                        KJFK     21.4
                        ∅        -3.0
                                    ∅
                        """);
    }

    @Test
    void wideCharactersCountTwoColumns() {
        TextTable table = TextTable.of("city", "x");
        table.add(List.of("東京", "1")).add(List.of("Zürich", "2")).add(List.of("e\u0301\ud83d\ude00", "3"));
        assertThat(table.text()).isEqualTo("city    x\n------  -\n東京    1\nZürich  2\ne\u0301\ud83d\ude00     3\n");
    }

    @Test
    void longAndControlCharactersCannotBreakTheTable() {
        TextTable table = TextTable.of("b", "a");
        table.add(List.of("1", "x".repeat(200)))
                .add(List.of("2", "two\nlines\tand \u001b[31m"))
                .add(List.of("3", "y".repeat(60)));
        String[] lines = table.text().split("\n", -1);
        assertThat(lines[2]).hasSize(63).endsWith("x…");
        assertThat(lines[3]).isEqualTo("2  two\\nlines\\tand \ufffd[31m");
        assertThat(lines[4]).isEqualTo("3  " + "y".repeat(60));
    }

    @Test
    void aSingleColumnIsShownWhole() {
        String text = TextTable.of("plan").add(List.of("x".repeat(5_000))).text();
        assertThat(text).isEqualTo("plan\n" + "-".repeat(60) + "\n" + "x".repeat(5_000) + "\n");
    }

    @Test
    void anEmptyResultShowsItsColumns() {
        assertThat(TextTable.of("a", "bc").text()).isEqualTo("a  bc\n-  --\n");
    }

    @Test
    void aRowOfAnotherWidthIsAMistake() {
        assertThatThrownBy(() -> TextTable.of("a").add(List.of("1", "2"))).isInstanceOf(IllegalArgumentException.class);
    }
}
