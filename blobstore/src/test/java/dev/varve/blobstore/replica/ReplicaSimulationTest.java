package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testkit.sim.Happening;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The life of replicas under every fault; {@code -Dvarve.seed=N} runs one seed. */
class ReplicaSimulationTest {
    private static final int FEW = 500;
    private static final int MANY = 50_000;
    private static final int UNTIL_FOUND = 2000;

    /** What does not come: births are the only register, asked for in another way, and nobody leads. */
    private static final Set<Happening> ELSEWHERE = EnumSet.of(
            Happening.LOST_SWAP, Happening.LOST_SWAP_REPLY, Happening.EXPIRED_SESSION, Happening.TWO_LEADERS);

    private static Set<Happening> isSound(LongStream seeds) {
        Set<Happening> happened = EnumSet.noneOf(Happening.class);
        seeds.forEach(seed -> {
            ReplicaRun.Result result = ReplicaRun.of(seed);
            assertThat(result.problem()).as("seed %d", seed).isEmpty();
            happened.addAll(result.happened());
        });
        return happened;
    }

    @Test
    void fiveHundredSeedsMeetAllHarm() {
        Long one = Long.getLong("varve.seed");
        if (one != null) {
            isSound(LongStream.of(one));
        } else {
            assertThat(isSound(LongStream.range(0, FEW)))
                    .containsExactlyInAnyOrderElementsOf(EnumSet.complementOf(EnumSet.copyOf(ELSEWHERE)));
        }
    }

    @Test
    @Tag("slow")
    void fiftyThousandSeeds() {
        isSound(LongStream.range(FEW, MANY));
    }

    /** Where to begin to look, so that the fast tests are fast: a little before the first seed that finds it. */
    private static long from(Safeguard safeguard) {
        return switch (safeguard) {
            case DRAINING_IS_FINAL -> 510;
            case COUNTED_WHEN_DURABLE -> 210;
            case MARKS_BELONG_TO_A_DISK -> 70;
            case SEEN_MEANS_READ -> 55;
            case DRAINING_DOES_NOT_COUNT -> 20;
            case ONLY_MEMBERS_COUNT, SEEN_BEFORE_DROPPED, ASK_THE_MEMBER, LEAVE_ONE_BY_ONE -> 0;
        };
    }

    /** A chunk is gone, or, of the one that keeps groups writable, too few members are left. */
    @ParameterizedTest
    @EnumSource
    void eachSafeguardIsMissed(Safeguard safeguard) {
        assertThat(firstLoss(from(safeguard), seed -> ReplicaRun.without(seed, safeguard)))
                .as("the first seed that finds it")
                .isLessThan(UNTIL_FOUND);
    }

    @Test
    void chunksAreLostIfRowsMayReferToOldOnes() {
        assertThat(firstLoss(0, ReplicaRun::withoutFloorCheck))
                .as("the first seed that loses a chunk")
                .isLessThan(UNTIL_FOUND);
    }

    /** Which seeds find what, for a person. */
    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void tellsWhichSeedsFindWhat(Safeguard safeguard) {
        System.out.println(safeguard + " first "
                + firstLoss(0, seed -> ReplicaRun.without(seed, safeguard)) + " "
                + LongStream.range(0, FEW)
                        .filter(seed -> ReplicaRun.without(seed, safeguard).isLoss())
                        .boxed()
                        .toList());
    }

    private static long firstLoss(long from, LongFunction<ReplicaRun.Result> run) {
        return LongStream.range(from, UNTIL_FOUND)
                .filter(seed -> run.apply(seed).isLoss())
                .findFirst()
                .orElse(UNTIL_FOUND);
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 0; seed < 10; seed++) {
            assertThat(ReplicaRun.of(seed)).isEqualTo(ReplicaRun.of(seed));
        }
    }

    @Test
    void runsAreWorthTheirTime() {
        int acknowledged = 0;
        int drained = 0;
        int wiped = 0;
        for (long seed = 0; seed < 50; seed++) {
            ReplicaRun.Result result = ReplicaRun.of(seed);
            acknowledged += result.acknowledged();
            drained += result.drained();
            wiped += result.wiped();
        }
        assertThat(acknowledged).isGreaterThan(50 * 8);
        assertThat(drained).isGreaterThan(50);
        assertThat(wiped).isGreaterThan(10);
    }
}
