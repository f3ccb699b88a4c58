package dev.varve.blobstore.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The commit protocol under every fault; {@code -Dvarve.seed=N} runs one seed. */
class SharedLogSimulationTest {
    private static final int FEW = 500;
    private static final int MANY = 50_000;
    private static final int UNTIL_FOUND = 2000;

    private static void isSound(LongStream seeds) {
        seeds.forEach(seed -> {
            LogRun.Result result = LogRun.of(seed, Rule.GOOD);
            assertThat(result.problem()).as("seed %d", seed).isEmpty();
        });
    }

    @Test
    void fewSeeds() {
        Long one = Long.getLong("varve.seed");
        isSound(one == null ? LongStream.range(0, FEW) : LongStream.of(one));
    }

    @Test
    @Tag("slow")
    void manySeeds() {
        isSound(LongStream.range(FEW, MANY));
    }

    static Set<Rule> broken() {
        Set<Rule> broken = EnumSet.complementOf(EnumSet.of(Rule.GOOD));
        broken.removeAll(RARE);
        return broken;
    }

    /** Only rare orders of events tell them from the right one: they need more seeds. */
    private static final Set<Rule> RARE = Collections.unmodifiableSet(EnumSet.of(Rule.ANY_EPOCH, Rule.LEAVES_LATE));

    static Set<Rule> rare() {
        return RARE;
    }

    @ParameterizedTest
    @MethodSource("rare")
    @Tag("slow")
    void eachRareRuleIsFound(Rule rule) {
        assertThat(LongStream.range(0, MANY)
                        .filter(seed -> LogRun.of(seed, rule).isViolation())
                        .findFirst())
                .isPresent();
    }

    /** Where to begin, for the fast tests would be slow: a little before a seed that finds it; the others do soon. */
    private static final Map<Rule, Long> BEGIN = Map.of(
            Rule.TIME_OF_DAY,
            1340L,
            Rule.LEASE_FROM_REPLY,
            890L,
            Rule.NAMELESS_EPOCH,
            120L,
            Rule.CONFLICT_IS_FAILURE,
            320L,
            Rule.COPY_IS_NEW,
            8100L);

    @ParameterizedTest
    @MethodSource("broken")
    void eachBrokenRuleIsFound(Rule rule) {
        long begin = BEGIN.getOrDefault(rule, 0L);
        long found = LongStream.range(begin, begin + UNTIL_FOUND)
                .filter(seed -> LogRun.of(seed, rule).isViolation())
                .findFirst()
                .orElse(Long.MAX_VALUE);
        assertThat(found).as("the first seed that finds it").isLessThan(begin + UNTIL_FOUND);
    }

    /** Where the fast tests would be slow: which seed finds what, for a person. */
    @ParameterizedTest
    @MethodSource("broken")
    @Tag("slow")
    void tellsWhichSeedsFindWhat(Rule rule) {
        List<Long> seeds = LongStream.range(0, FEW)
                .filter(seed -> LogRun.of(seed, rule).isViolation())
                .boxed()
                .toList();
        System.out.println(rule + ": " + seeds.size() + " of " + FEW + " seeds: " + seeds);
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(LogRun.of(seed, Rule.GOOD)).isEqualTo(LogRun.of(seed, Rule.GOOD));
        }
        assertThat(LogRun.of(1, Rule.GOOD).traceHash())
                .isNotEqualTo(LogRun.of(6, Rule.GOOD).traceHash());
    }

    @Test
    void runsAreWorthTheirTime() {
        long operations = 0;
        long unknown = 0;
        for (long seed = 0; seed < 50; seed++) {
            LogRun.Result result = LogRun.of(seed, Rule.GOOD);
            operations += result.operations();
            unknown += result.unknown();
        }
        assertThat(operations).isGreaterThan(50 * 60);
        assertThat(unknown).isBetween(50L, operations / 4);
    }
}
