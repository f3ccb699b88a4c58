package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import dev.varve.testkit.sim.SimHost;
import dev.varve.testkit.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuorumWriteTest {
    private static final Duration STRAGGLER = Duration.ofMillis(50);
    private static final Duration GIVE_UP = Duration.ofSeconds(2);
    private static final Duration END = Duration.ofSeconds(60);

    /** What becomes of a copy. */
    private enum Answer {
        COUNTS,
        DOES_NOT_COUNT,
        FAILS,
        IS_FULL,
        NEVER
    }

    /** Nodes that answer as they are told, each try in a group of its own. */
    private static final class World implements QuorumWrite.Copies {
        final Simulation simulation;
        final SimHost host;
        final List<QuorumWrite.Attempt> attempts = new ArrayList<>();
        final Set<String> dead = new TreeSet<>();
        final Set<String> slow = new TreeSet<>();
        final Set<String> durable = new TreeSet<>();
        final Set<String> lacking = new TreeSet<>();
        final Set<String> asked = new TreeSet<>();
        int stragglers;
        int slips;
        List<List<String>> groups = List.of();
        Script script = (attempt, node) -> new Told(Answer.COUNTS, Duration.ofMillis(1));

        World(long seed) {
            simulation = new Simulation(seed);
            host = new SimHost(simulation, "writer", 0.01, started -> {});
            host.start();
        }

        CompletableFuture<QuorumWrite.Attempt> write() {
            return QuorumWrite.run(host.loop(), ReplicationSettings.DEFAULT, this);
        }

        Duration now() {
            return Duration.ofNanos(simulation.now());
        }

        @Override
        public Optional<QuorumWrite.Attempt> next(Set<Integer> tried) {
            if (attempts.size() == groups.size()) {
                return Optional.empty();
            }
            int group = attempts.size();
            ChunkId id = new ChunkId((long) group << 48, 1 + group);
            QuorumWrite.Attempt attempt = new QuorumWrite.Attempt(id, groups.get(group), List.of());
            attempts.add(attempt);
            return Optional.of(attempt);
        }

        @Override
        public CompletableFuture<Boolean> send(QuorumWrite.Attempt attempt, String node) {
            asked.add(attempt.id().group() + node);
            Told told = script.told(attempt.id().group(), node);
            EventLoop loop = host.loop();
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            if (told.answer != Answer.NEVER) {
                loop.after(told.delay, () -> {
                    switch (told.answer) {
                        case COUNTS -> {
                            durable.add(attempt.id().group() + node);
                            answer.complete(true);
                        }
                        case DOES_NOT_COUNT -> answer.complete(false);
                        case FAILS ->
                            answer.completeExceptionally(new VarveException(ErrorCode.STORAGE, "the disk of " + node));
                        case IS_FULL ->
                            answer.completeExceptionally(new VarveException(ErrorCode.DISK_FULL, "no room"));
                        case NEVER -> throw new AssertionError();
                    }
                });
            }
            return answer;
        }

        @Override
        public boolean isLive(String node) {
            return !dead.contains(node);
        }

        @Override
        public boolean isPrompt(String node) {
            return !slow.contains(node);
        }

        @Override
        public QuorumWrite.Patience patience() {
            return new QuorumWrite.Patience(STRAGGLER, GIVE_UP);
        }

        @Override
        public void lacks(QuorumWrite.Attempt attempt, String node) {
            assertThat(lacking.add(attempt.id().group() + node)).isTrue();
        }

        @Override
        public void leftBehind(int count) {
            stragglers += count;
        }

        @Override
        public void slipped(QuorumWrite.Attempt attempt) {
            slips++;
        }
    }

    private record Told(Answer answer, Duration delay) {}

    private interface Script {
        Told told(int group, String node);
    }

    private static World threeNodes() {
        World world = new World(1);
        world.groups = List.of(List.of("a", "b", "c"), List.of("a", "b", "c"), List.of("a", "b", "c"));
        return world;
    }

    private static Told after(long millis) {
        return new Told(Answer.COUNTS, Duration.ofMillis(millis));
    }

    private static void runTo(World world, CompletableFuture<?> done) {
        assertThat(world.simulation.run(END, done::isDone)).isTrue();
    }

    @Test
    void allThreeAreWaitedForAsLongAsThatIsShort() {
        World world = threeNodes();
        world.script = (group, node) -> after(node.equals("c") ? 40 : 1);
        runTo(world, world.write());
        assertThat(world.now()).isBetween(Duration.ofMillis(39), Duration.ofMillis(42));
        assertThat(world.stragglers).isZero();
    }

    @Test
    void twoAreEnoughAfterAWhile() {
        World world = threeNodes();
        world.script = (group, node) -> after(node.equals("c") ? 500 : 1);
        runTo(world, world.write());
        assertThat(world.now()).isBetween(Duration.ofMillis(49), Duration.ofMillis(52));
        assertThat(world.stragglers).isEqualTo(1);
        world.simulation.run(END, () -> false);
        assertThat(world.durable).hasSize(3);
        assertThat(world.lacking).isEmpty();
    }

    @Test
    void twoAreEnoughAtOnceIfTheThirdIsGoneOrSlow() {
        for (boolean isDead : new boolean[] {true, false}) {
            World world = threeNodes();
            world.script = (group, node) -> node.equals("c") ? new Told(Answer.NEVER, Duration.ZERO) : after(5);
            (isDead ? world.dead : world.slow).add("c");
            runTo(world, world.write());
            assertThat(world.now()).isLessThan(Duration.ofMillis(7));
            assertThat(world.asked.contains("0c")).isEqualTo(!isDead);
        }
    }

    @Test
    void aTryThatCannotSucceedEndsAtOnce() {
        World world = threeNodes();
        world.script = (group, node) -> group == 0 && !node.equals("a")
                ? new Told(node.equals("b") ? Answer.FAILS : Answer.DOES_NOT_COUNT, Duration.ofMillis(3))
                : after(3);
        CompletableFuture<QuorumWrite.Attempt> done = world.write();
        runTo(world, done);
        assertThat(done.join().id().group()).isEqualTo(1);
        assertThat(world.now()).isLessThan(Duration.ofMillis(8));
        assertThat(world.slips).isEqualTo(1);
    }

    @Test
    void aSilentTryEndsInTime() {
        World world = threeNodes();
        world.script =
                (group, node) -> group < 2 && !node.equals("a") ? new Told(Answer.NEVER, Duration.ZERO) : after(3);
        CompletableFuture<QuorumWrite.Attempt> done = world.write();
        runTo(world, done);
        assertThat(done.join().id().group()).isEqualTo(2);
        assertThat(world.now())
                .isBetween(
                        GIVE_UP.multipliedBy(2).minusMillis(100),
                        GIVE_UP.multipliedBy(2).plusMillis(100));
    }

    @Test
    void fullDisksAreToldAsSuch() {
        World world = threeNodes();
        world.script = (group, node) -> new Told(Answer.IS_FULL, Duration.ofMillis(1));
        CompletableFuture<QuorumWrite.Attempt> done = world.write();
        runTo(world, done);
        assertThat(code(done)).isEqualTo(ErrorCode.DISK_FULL);
        assertThat(world.slips).isEqualTo(3);
    }

    private static ErrorCode code(CompletableFuture<?> failed) {
        return ((VarveException) failed.exceptionNow()).code();
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, 300);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatIsWrittenHasTwoCopiesAndNothingWaitsForever(long seed) {
        World world = new World(seed);
        RandomGenerator random = world.simulation.random().split();
        List<String> nodes = List.of("a", "b", "c", "d", "e");
        List<List<String>> groups = new ArrayList<>();
        for (int i = 0; i < random.nextInt(1, 5); i++) {
            List<String> members = new ArrayList<>(nodes);
            Collections.shuffle(members, random);
            groups.add(List.copyOf(members.subList(0, random.nextInt(2, 5))));
        }
        world.groups = groups;
        int harm = random.nextInt(4);
        world.script = (group, node) -> new Told(
                random.nextInt(4) >= harm ? Answer.COUNTS : Answer.values()[random.nextInt(Answer.values().length)],
                world.simulation.upTo(Duration.ofSeconds(3)));
        for (String node : nodes) {
            if (random.nextInt(4) == 0) {
                world.dead.add(node);
            }
            if (random.nextInt(4) == 0) {
                world.slow.add(node);
            }
        }
        world.simulation.after(world.simulation.upTo(Duration.ofSeconds(3)), () -> world.dead.remove("a"));
        world.simulation.after(world.simulation.upTo(Duration.ofSeconds(3)), () -> world.dead.add("b"));
        CompletableFuture<QuorumWrite.Attempt> done = world.write();
        assertThat(world.simulation.run(GIVE_UP.multipliedBy(4), done::isDone)).isTrue();
        List<String> copies = done.isCompletedExceptionally()
                ? List.of()
                : done.join().members().stream()
                        .filter(node -> world.durable.contains(done.join().id().group() + node))
                        .toList();
        int tries = world.attempts.size();
        world.simulation.run(END, () -> false);
        assertThat(world.attempts).hasSize(tries).hasSizeLessThanOrEqualTo(ReplicationSettings.DEFAULT.tries());
        if (done.isCompletedExceptionally()) {
            assertThat(code(done)).isIn(ErrorCode.NOT_READY, ErrorCode.DISK_FULL);
            assertThat(world.slips).isEqualTo(tries);
            assertThat(world.lacking).isEmpty();
        } else {
            assertThat(copies).hasSizeGreaterThanOrEqualTo(2);
            assertThat(world.slips).isEqualTo(tries - 1);
            int group = done.join().id().group();
            for (String node : done.join().members()) {
                boolean isHeard = world.durable.contains(group + node) || world.lacking.contains(group + node);
                boolean isSilent = world.asked.contains(group + node);
                assertThat(isHeard || isSilent)
                        .as("%s of group %d", node, group)
                        .isTrue();
                assertThat(world.durable.contains(group + node) && world.lacking.contains(group + node))
                        .isFalse();
            }
        }
    }
}
