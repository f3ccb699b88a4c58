package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of replicas under every fault; {@code -Dvarve.seed=N} runs one seed. */
class ReplicaSimulationTest {
    private static final int FEW = 500;
    private static final int MANY = 50_000;
    private static final int UNTIL_FOUND = 2000;

    private static void isSound(LongStream seeds) {
        seeds.forEach(seed ->
                assertThat(ReplicaRun.of(seed).problem()).as("seed %d", seed).isEmpty());
    }

    @Test
    void fiveHundredSeeds() {
        Long one = Long.getLong("varve.seed");
        isSound(one == null ? LongStream.range(0, FEW) : LongStream.of(one));
    }

    @Test
    @Tag("slow")
    void fiftyThousandSeeds() {
        isSound(LongStream.range(FEW, MANY));
    }

    /** All by which chunks are safe. */
    static Set<Safeguard> safeguards() {
        return EnumSet.of(
                Safeguard.ONLY_MEMBERS_COUNT,
                Safeguard.SEEN_BEFORE_DROPPED,
                Safeguard.ASK_THE_MEMBER,
                Safeguard.MARKS_BELONG_TO_A_DISK);
    }

    @ParameterizedTest
    @MethodSource("safeguards")
    void chunksAreLostWithoutAnyOneSafeguard(Safeguard safeguard) {
        assertThat(firstLoss(seed -> ReplicaRun.without(seed, safeguard)))
                .as("the first seed that loses a chunk")
                .isLessThan(UNTIL_FOUND);
    }

    @Test
    void chunksAreLostIfRowsMayReferToOldOnes() {
        assertThat(firstLoss(ReplicaRun::withoutFloorCheck))
                .as("the first seed that loses a chunk")
                .isLessThan(UNTIL_FOUND);
    }

    @Test
    @Tag("slow")
    void tellsHowOftenEachIsFound() {
        for (Safeguard safeguard : safeguards()) {
            System.out.println(safeguard + " "
                    + LongStream.range(0, UNTIL_FOUND)
                            .filter(seed -> ReplicaRun.without(seed, safeguard).isLoss())
                            .boxed()
                            .toList());
        }
    }

    private static long firstLoss(LongFunction<ReplicaRun.Result> run) {
        long first = LongStream.range(0, UNTIL_FOUND)
                .filter(seed -> run.apply(seed).isLoss())
                .findFirst()
                .orElse(UNTIL_FOUND);
        System.out.println("found by seed " + first);
        return first;
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 0; seed < 20; seed++) {
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
        assertThat(acknowledged).isGreaterThan(50 * 10);
        assertThat(drained).isGreaterThan(50);
        assertThat(wiped).isGreaterThan(10);
    }
}
