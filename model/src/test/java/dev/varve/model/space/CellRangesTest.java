package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.space.CellRanges.CellRange;
import java.util.List;
import org.junit.jupiter.api.Test;

class CellRangesTest {
    private static final CellRanges RANGES =
            new CellRanges(List.of(new CellRange(10, 20), new CellRange(22, 30), new CellRange(50, 60)));

    @Test
    void endsAreIncluded() {
        assertThat(RANGES.contains(10)).isTrue();
        assertThat(RANGES.contains(60)).isTrue();
        assertThat(RANGES.contains(21)).isFalse();
        assertThat(RANGES.intersects(31, 49)).isFalse();
        assertThat(RANGES.intersects(31, 50)).isTrue();
    }

    @Test
    void coarseningFillsTheSmallestGapFirst() {
        assertThat(RANGES.coarsen(2)).isEqualTo(new CellRanges(List.of(new CellRange(10, 30), new CellRange(50, 60))));
        assertThat(RANGES.coarsen(1)).isEqualTo(new CellRanges(List.of(new CellRange(10, 60))));
    }

    @Test
    void intersectionKeepsWhatBothHave() {
        CellRanges other = new CellRanges(List.of(new CellRange(15, 25), new CellRange(60, 70)));
        assertThat(RANGES.intersect(other))
                .isEqualTo(
                        new CellRanges(List.of(new CellRange(15, 20), new CellRange(22, 25), new CellRange(60, 60))));
    }
}
