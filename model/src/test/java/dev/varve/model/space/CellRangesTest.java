package dev.varve.model.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.space.CellRanges.CellRange;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
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
    void coarseningEqualsFillingGapsOneByOne() {
        SplittableRandom random = new SplittableRandom(1);
        for (int n = 0; n < 500; n++) {
            List<CellRange> ranges = new ArrayList<>();
            long at = 0;
            for (int i = random.nextInt(1, 40); i > 0; i--) {
                at += random.nextInt(1, 6);
                long last = at + random.nextInt(3);
                ranges.add(new CellRange(at, last));
                at = last + 1;
            }
            int most = random.nextInt(1, 45);
            assertThat(new CellRanges(ranges).coarsen(most).ranges()).isEqualTo(oneByOne(ranges, most));
        }
    }

    private static List<CellRange> oneByOne(List<CellRange> ranges, int most) {
        List<CellRange> merged = new ArrayList<>(ranges);
        while (merged.size() > most) {
            int best = 0;
            for (int i = 1; i < merged.size() - 1; i++) {
                if (gap(merged, i) < gap(merged, best)) {
                    best = i;
                }
            }
            merged.set(
                    best,
                    new CellRange(merged.get(best).first(), merged.get(best + 1).last()));
            merged.remove(best + 1);
        }
        return merged;
    }

    private static long gap(List<CellRange> ranges, int i) {
        return ranges.get(i + 1).first() - ranges.get(i).last();
    }

    @Test
    void intersectionKeepsWhatBothHave() {
        CellRanges other = new CellRanges(List.of(new CellRange(15, 25), new CellRange(60, 70)));
        assertThat(RANGES.intersect(other))
                .isEqualTo(
                        new CellRanges(List.of(new CellRange(15, 20), new CellRange(22, 25), new CellRange(60, 60))));
    }
}
