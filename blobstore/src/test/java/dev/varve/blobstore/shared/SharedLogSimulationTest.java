package dev.varve.blobstore.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testkit.sim.Happening;
import java.util.EnumSet;
import java.util.List;
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

    private static Set<Happening> isSound(LongStream seeds) {
        Set<Happening> happened = EnumSet.noneOf(Happening.class);
        seeds.forEach(seed -> {
            LogRun.Result result = LogRun.of(seed, Rule.GOOD);
            assertThat(result.problem()).as("seed %d", seed).isEmpty();
            happened.addAll(result.happened());
        });
        return happened;
    }

    @Test
    void fewSeedsMeetAllHarm() {
        Long one = Long.getLong("varve.seed");
        if (one != null) {
            isSound(LongStream.of(one));
        } else {
            assertThat(isSound(LongStream.range(0, FEW))).containsExactlyInAnyOrder(Happening.values());
        }
    }

    @Test
    @Tag("slow")
    void manySeeds() {
        isSound(LongStream.range(FEW, MANY));
    }

    static Set<Rule> broken() {
        return EnumSet.complementOf(EnumSet.of(Rule.GOOD));
    }

    /** Where to begin, so that the fast tests are fast: a little before the first seed that finds it. */
    private static long from(Rule rule) {
        return switch (rule) {
            case TIME_OF_DAY -> 765;
            case LEASE_FROM_REPLY -> 500;
            case COPY_IS_NEW -> 210;
            case ONE_COPY -> 170;
            case SETTLED_END -> 90;
            case CONFLICT_IS_FAILURE -> 78;
            case LEAVES_LATE, ANY_EPOCH -> 45;
            case SKIPS_OWN, UNVERIFIED -> 28;
            default -> 0;
        };
    }

    @ParameterizedTest
    @MethodSource("broken")
    void eachBrokenRuleIsFound(Rule rule) {
        assertThat(firstThatFinds(rule, from(rule)))
                .as("the first seed that finds it")
                .isLessThan(UNTIL_FOUND);
    }

    private static long firstThatFinds(Rule rule, long from) {
        return LongStream.range(from, UNTIL_FOUND)
                .filter(seed -> LogRun.of(seed, rule).isViolation())
                .findFirst()
                .orElse(UNTIL_FOUND);
    }

    /** Where the fast tests would be slow: which seed finds what, for a person. */
    @ParameterizedTest
    @MethodSource("broken")
    @Tag("slow")
    void tellsWhichSeedsFindWhat(Rule rule) {
        System.out.println(rule + ": first " + firstThatFinds(rule, 0));
        List<Long> seeds = LongStream.range(0, FEW)
                .filter(seed -> LogRun.of(seed, rule).isViolation())
                .boxed()
                .toList();
        System.out.println(rule + ": " + seeds.size() + " of " + FEW + " seeds: " + seeds);
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 0; seed < 8; seed++) {
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
