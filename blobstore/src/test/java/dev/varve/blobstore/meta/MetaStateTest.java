package dev.varve.blobstore.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The machine does the same whenever and however it is given the same operations. */
class MetaStateTest {
    private static final int OPERATIONS = 600;

    @TempDir
    Path directory;

    /** A shard's operations, with times that may be shared by those in a row. */
    private record Timed(Instant time, MetaOp<?> op) {}

    private MetaState open(String name) {
        try {
            return MetaState.open(Files.createDirectories(directory.resolve(name)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Applies operations one by one; each may name what those before have answered. */
    private static List<List<Timed>> run(MetaState state, long seed, int count) {
        RandomOps random = new RandomOps(seed);
        List<List<Timed>> logs = new ArrayList<>();
        IntStream.range(0, MetaState.SHARDS).forEach(shard -> logs.add(new ArrayList<>()));
        Instant time = random.time();
        for (int i = 0; i < count; i++) {
            if (i % 20 == 0) {
                time = random.time();
            }
            MetaOp<?> op = random.next();
            int shard = MetaState.shardOf(op);
            logs.get(shard).add(new Timed(time, op));
            MetaBatch batch = new MetaBatch(time, time, List.of(op));
            MetaState.Result result =
                    state.apply(shard, state.head(shard).next(), batch).getFirst();
            if (result instanceof MetaState.Result.Done(Object answer)) {
                random.learn(op, answer);
            }
        }
        return logs;
    }

    private static List<RowHash> hashes(MetaState state) {
        return IntStream.range(0, MetaState.SHARDS)
                .mapToObj(shard -> state.head(shard).hash())
                .toList();
    }

    private static void checkRows(MetaState state) {
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            assertThat(state.readHash(shard)).isEqualTo(state.head(shard).rows());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void otherBatchesOfTheSameOperationsMakeTheSameRows(long seed) {
        Random random = new Random(seed);
        try (MetaState one = open("one");
                MetaState other = open("other")) {
            List<List<Timed>> logs = run(one, seed, OPERATIONS);
            checkRows(one);
            for (int shard = 0; shard < MetaState.SHARDS; shard++) {
                List<Timed> log = logs.get(shard);
                for (int from = 0; from < log.size(); ) {
                    int to = from + 1;
                    while (to < log.size()
                            && log.get(to).time().equals(log.get(from).time())
                            && random.nextInt(8) > 0) {
                        to++;
                    }
                    MetaBatch batch = new MetaBatch(
                            log.get(from).time(),
                            log.get(from).time(),
                            log.subList(from, to).stream()
                                    .<MetaOp<?>>map(Timed::op)
                                    .toList());
                    other.apply(shard, other.head(shard).next(), MetaBatch.decode(batch.encode()));
                    from = to;
                }
            }
            checkRows(other);
            assertThat(hashes(other)).isEqualTo(hashes(one));
        }
    }

    private static void replay(MetaState state, List<List<Timed>> logs) {
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            for (int i = (int) state.head(shard).next(); i < logs.get(shard).size(); i++) {
                Timed timed = logs.get(shard).get(i);
                state.apply(shard, i, new MetaBatch(timed.time(), timed.time(), List.of(timed.op())));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6})
    void replayFromAnyCheckpointEndsInTheSameState(long seed) {
        List<List<Timed>> all = new ArrayList<>();
        IntStream.range(0, MetaState.SHARDS).forEach(shard -> all.add(new ArrayList<>()));
        List<RowHash> end;
        int checkpoints = 6;
        try (MetaState state = open("live")) {
            for (int i = 0; i < checkpoints; i++) {
                state.checkpoint(directory.resolve("checkpoint-" + i));
                List<List<Timed>> more = run(state, seed * 100 + i, OPERATIONS / checkpoints);
                IntStream.range(0, MetaState.SHARDS)
                        .forEach(shard -> all.get(shard).addAll(more.get(shard)));
            }
            end = hashes(state);
        }
        for (int i = 0; i < checkpoints; i++) {
            try (MetaState state = open("checkpoint-" + i)) {
                checkRows(state);
                replay(state, all);
                assertThat(hashes(state)).as("from checkpoint " + i).isEqualTo(end);
                checkRows(state);
            }
        }
        try (MetaState state = open("live")) {
            assertThat(hashes(state)).isEqualTo(end);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {7, 8})
    void theFilesOfAKilledProcessReplayToTheSameState(long seed) throws IOException {
        Random random = new Random(seed);
        try (MetaState state = open("live")) {
            List<List<Timed>> logs = run(state, seed, OPERATIONS);
            List<List<Timed>> more = logs;
            if (random.nextBoolean()) {
                state.flush();
                more = run(state, seed + 1, OPERATIONS / 4);
                for (int shard = 0; shard < MetaState.SHARDS; shard++) {
                    logs.get(shard).addAll(more.get(shard));
                }
            }
            copy(directory.resolve("live"), directory.resolve("killed"));
            try (MetaState killed = open("killed")) {
                assertThat(killed.head(MetaState.shardOf(RandomOps.BUCKETS.getFirst()))
                                .next())
                        .isLessThan(logs.get(MetaState.shardOf(RandomOps.BUCKETS.getFirst()))
                                .size());
                checkRows(killed);
                replay(killed, logs);
                assertThat(hashes(killed)).isEqualTo(hashes(state));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                if (!file.endsWith("LOCK")) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {9, 10, 11})
    void everyChunkIsReferredToOrInTheTrashAndNoneTwice(long seed) {
        try (MetaState state = open("live")) {
            List<List<Timed>> logs = run(state, seed, OPERATIONS);
            List<Long> found = new ArrayList<>();
            state.reads().chunks(chunk -> found.add(chunk.low()));
            assertThat(found).doesNotHaveDuplicates().isNotEmpty();
            // Trash is emptied by chance only of chunks that were never there: so none that was taken may be missing.
            MetaState again = open("again");
            TreeSet<Long> taken = new TreeSet<>();
            for (int shard = 0; shard < MetaState.SHARDS; shard++) {
                for (Timed timed : logs.get(shard)) {
                    MetaState.Result result = again.apply(
                                    shard,
                                    again.head(shard).next(),
                                    new MetaBatch(timed.time(), timed.time(), List.of(timed.op())))
                            .getFirst();
                    if (result instanceof MetaState.Result.Done) {
                        chunksOf(timed.op()).forEach(chunk -> taken.add(chunk.low()));
                    }
                }
            }
            again.close();
            assertThat(new TreeSet<>(found)).isEqualTo(taken);
        }
    }

    private static Stream<Extent.Chunk> chunksOf(MetaOp<?> op) {
        Stream<Extent> extents = switch (op) {
            case MetaOp.ChangeObjects change ->
                change.changes().stream()
                        .flatMap(each -> each instanceof MetaOp.Put put ? put.extents().stream() : Stream.of());
            case MetaOp.PutPart part -> part.extents().stream();
            default -> Stream.of();
        };
        return extents.filter(Extent.Chunk.class::isInstance).map(Extent.Chunk.class::cast);
    }

    @Test
    void batchesAreAppliedInOrderOnly() {
        try (MetaState state = open("live")) {
            MetaBatch batch = new MetaBatch(Instant.EPOCH, Instant.EPOCH, List.of(new MetaOp.RaiseFloor(3, 1)));
            state.apply(3, 0, batch);
            assertThatThrownBy(() -> state.apply(3, 0, batch)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> state.apply(3, 2, batch)).isInstanceOf(IllegalStateException.class);
            assertThat(state.head(3).next()).isEqualTo(1);
        }
    }
}
