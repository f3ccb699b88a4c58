package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.RowHash;
import dev.varve.blobstore.meta.StaleChunkException;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetaShardsTest {
    @TempDir
    Path directory;

    private MetaShards open(Disk disk) {
        return MetaShards.open(
                directory, MetaConfig.DEFAULT, SteadyTime.of(InstantSource.system(), System::nanoTime), disk);
    }

    private MetaShards open() {
        return open(Disk.REAL);
    }

    static MetaOp.CreateBucket bucket(String name) {
        return new MetaOp.CreateBucket(name, "alice", BucketSettings.DEFAULT);
    }

    static MetaOp.Put put(String bucket, String key, String text, Condition condition) {
        ObjectWrite write = ObjectWrite.of(bucket, ObjectKey.of(key), "alice").withCondition(condition);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new MetaOp.Put(
                write, bytes.length, text, List.of(), List.of(), List.of(new Extent.Inline(ByteBuffer.wrap(bytes))), 0);
    }

    static MetaOp.ChangeObjects putOne(String bucket, String key, String text) {
        return new MetaOp.ChangeObjects(bucket, List.of(put(bucket, key, text, Condition.NONE)));
    }

    private static String text(MetaShards shards, String bucket, String key) {
        return shards.reads()
                .find(bucket, ObjectKey.of(key), Optional.empty())
                .orElseThrow()
                .object()
                .etag();
    }

    private static void assertProblem(ObjectProblem problem, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ObjectException.class, e -> assertThat(e.problem()).isEqualTo(problem));
    }

    @Test
    void whatWasAnsweredIsReadAtOnceAndAfterReopening() {
        try (MetaShards shards = open()) {
            assertThat(shards.call(bucket("first")).owner()).isEqualTo("alice");
            shards.call(bucket("second"));
            Change.Done done = shards.call(putOne("first", "a", "1")).getFirst();
            assertThat(done.object().orElseThrow().sequence()).isPositive();
            assertThat(text(shards, "first", "a")).isEqualTo("1");
            assertProblem(ObjectProblem.BUCKET_EXISTS, () -> shards.call(bucket("first")));
            assertProblem(ObjectProblem.NO_SUCH_BUCKET, () -> shards.call(putOne("third", "a", "1")));
            assertProblem(ObjectProblem.BUCKET_NOT_EMPTY, () -> shards.call(new MetaOp.DeleteBucket("first")));
        }
        try (MetaShards shards = open()) {
            assertThat(shards.reads().buckets()).hasSize(2);
            assertThat(text(shards, "first", "a")).isEqualTo("1");
            shards.call(new MetaOp.DeleteBucket("second"));
            assertThat(shards.reads().bucket("second")).isEmpty();
        }
    }

    @Test
    void anEmptyStoreHasNoLogs() throws IOException {
        open().close();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("rows");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void ofManyConditionalCreatesOneWins(int rounds) {
        try (MetaShards shards = open()) {
            shards.call(bucket("race"));
            for (int round = 0; round < rounds; round++) {
                String key = "key" + round;
                List<CompletableFuture<List<Change.Done>>> tries = new ArrayList<>();
                for (int i = 0; i < 16; i++) {
                    tries.add(shards.submit(new MetaOp.ChangeObjects(
                            "race", List.of(put("race", key, "v" + i, Condition.noneMatches(Condition.ANY))))));
                }
                long won = tries.stream()
                        .filter(answer -> answer.handle((done, e) -> e == null).join())
                        .count();
                assertThat(won).isEqualTo(1);
            }
        }
    }

    @Test
    void chunksBornBelowTheFloorAreRefused() {
        try (MetaShards shards = open()) {
            shards.call(bucket("floor"));
            int shard = MetaState.shardOf("floor");
            assertThat(shards.gcFloor("floor")).isZero();
            assertThat(shards.call(new MetaOp.RaiseFloor(shard, 3))).isEqualTo(3);
            assertThat(shards.call(new MetaOp.RaiseFloor(shard, 2))).isEqualTo(3);
            assertThat(shards.gcFloor("floor")).isEqualTo(3);
            assertThatThrownBy(() -> shards.call(putOne("floor", "a", "1"))).isInstanceOf(StaleChunkException.class);
            assertThat(shards.reads().find("floor", ObjectKey.of("a"), Optional.empty()))
                    .isEmpty();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void aPowerCutLosesNothingAcknowledgedAndNothingRefusedAppears(long seed) {
        Random random = new Random(seed);
        Map<String, String> acknowledged = new ConcurrentHashMap<>();
        List<String> buckets = List.of("cut-one", "cut-two", "cut-three");
        for (int round = 0; round < 3; round++) {
            FaultyDisk disk = new FaultyDisk();
            MetaShards shards = open(disk);
            if (round == 0) {
                buckets.forEach(name -> shards.call(bucket(name)));
            }
            Map<String, String> maybe = new ConcurrentHashMap<>();
            List<CompletableFuture<?>> answers = new ArrayList<>();
            int count = random.nextInt(1, 300);
            int syncedUpTo = random.nextInt(count);
            for (int i = 0; i < count; i++) {
                if (i == syncedUpTo) {
                    answers.forEach(CompletableFuture::join);
                    if (random.nextBoolean()) {
                        shards.flush();
                    }
                    disk.holdForces();
                }
                String bucket = buckets.get(random.nextInt(buckets.size()));
                String key = "key" + i;
                String value = seed + "-" + round + "-" + i;
                maybe.put(bucket + "/" + key, value);
                answers.add(shards.submit(putOne(bucket, key, value))
                        .thenRun(() -> acknowledged.put(bucket + "/" + key, value)));
            }
            // The rows of RocksDB stay as the process that died had flushed them; the logs lose what was not synced.
            disk.crash(random);
            disk.releaseForces();
            answers.forEach(answer -> answer.handle((done, e) -> done).join());
            shards.close();
            try (MetaShards reopened = open()) {
                acknowledged.forEach((name, value) -> {
                    int slash = name.indexOf('/');
                    String found = text(reopened, name.substring(0, slash), name.substring(slash + 1));
                    if (!found.equals(value)) {
                        assertThat(found).isEqualTo(maybe.get(name));
                        acknowledged.put(name, found);
                    }
                });
                for (int shard = 0; shard < MetaState.SHARDS; shard++) {
                    assertThat(reopened.readHash(shard)).isEqualTo(reopened.rowHash(shard));
                }
            }
        }
    }

    @Test
    void aFailedFsyncIsNeitherSuccessNorFailure() {
        FaultyDisk disk = new FaultyDisk();
        try (MetaShards shards = open(disk)) {
            shards.call(bucket("unknown"));
            shards.call(putOne("unknown", "a", "1"));
            disk.failForces();
            assertThatThrownBy(() -> shards.call(putOne("unknown", "a", "2")))
                    .isInstanceOfSatisfying(VarveException.class, e -> {
                        assertThat(e).isNotInstanceOf(ObjectException.class);
                        assertThat(e.code()).isEqualTo(ErrorCode.STORAGE);
                        assertThat(e).hasMessageContaining("unknown");
                    });
            assertThatThrownBy(() -> shards.call(putOne("unknown", "a", "3")))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE));
            assertThat(text(shards, "unknown", "a")).isEqualTo("1");
        }
        try (MetaShards shards = open()) {
            assertThat(text(shards, "unknown", "a")).isIn("1", "2");
        }
    }

    @Test
    void aFullDiskRefusesForCertainAndLetsReadsGoOn() {
        FaultyDisk disk = new FaultyDisk();
        try (MetaShards shards = open(disk)) {
            shards.call(bucket("full"));
            shards.call(putOne("full", "a", "1"));
            disk.setFreeBytes(10);
            assertThatThrownBy(() -> shards.call(putOne("full", "a", "2")))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL));
            assertThat(text(shards, "full", "a")).isEqualTo("1");
            disk.setFreeBytes(Long.MAX_VALUE);
            shards.call(putOne("full", "b", "3"));
        }
        try (MetaShards shards = open()) {
            assertThat(text(shards, "full", "a")).isEqualTo("1");
            assertThat(text(shards, "full", "b")).isEqualTo("3");
        }
    }

    private static void deleteFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aLostLogIsReported() throws IOException {
        try (MetaShards shards = open()) {
            shards.call(bucket("lost"));
        }
        Path log = directory.resolve("%02d".formatted(MetaState.shardOf("lost")));
        deleteFiles(log);
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
        deleteFiles(log);
        Files.delete(log);
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }

    @Test
    void aFlushCutsTheLogAndChangesNothing() {
        try (MetaShards shards = open()) {
            shards.call(bucket("flush"));
            for (int i = 0; i < 100; i++) {
                shards.call(putOne("flush", "key" + i, "v"));
            }
            int shard = MetaState.shardOf("flush");
            RowHash before = shards.hash(shard);
            shards.flush();
            assertThat(shards.hash(shard)).isEqualTo(before);
            shards.call(putOne("flush", "key100", "v"));
        }
        try (MetaShards shards = open()) {
            assertThat(shards.reads()
                            .list(ListRequest.of("flush", ObjectKey.Prefix.ALL))
                            .objects())
                    .hasSize(101);
        }
    }

    @Test
    void manyBatchesAreFlushedInTheBackground() {
        MetaConfig small = new MetaConfig(
                new CommitLogConfig(1 << 16, 1 << 20, 1 << 16), 1 << 14, 1 << 12, 1 << 14, Duration.ofMillis(20));
        SteadyTime time = SteadyTime.of(InstantSource.system(), System::nanoTime);
        AtomicInteger failures = new AtomicInteger();
        try (MetaShards shards = MetaShards.open(directory, small, time)) {
            shards.call(bucket("busy"));
            List<Thread> clients = new ArrayList<>();
            for (int c = 0; c < 8; c++) {
                int client = c;
                clients.add(Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 200; i++) {
                        try {
                            shards.call(putOne("busy", client + "-" + i, "x".repeat(i)));
                        } catch (VarveException e) {
                            failures.incrementAndGet();
                        }
                    }
                }));
            }
            for (Thread client : clients) {
                client.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(failures).hasValue(0);
        try (MetaShards shards = MetaShards.open(directory, small, time)) {
            for (int c = 0; c < 8; c++) {
                for (int i = 0; i < 200; i++) {
                    assertThat(text(shards, "busy", c + "-" + i)).hasSize(i);
                }
            }
        }
    }

    @Test
    void anOperationMayNotBeTooLarge() {
        try (MetaShards shards = open()) {
            shards.call(bucket("large"));
            List<MetaOp.ObjectChange> changes = new ArrayList<>();
            String text = "x".repeat(16 << 10);
            for (int i = 0; i < 2100; i++) {
                changes.add(put("large", "key" + i, text, Condition.NONE));
            }
            assertThatThrownBy(() -> shards.submit(new MetaOp.ChangeObjects("large", changes)))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
        }
    }

    @Test
    void afterClosingNothingIsTaken() {
        MetaShards shards = open();
        shards.close();
        shards.close();
        assertThatThrownBy(() -> shards.submit(bucket("late"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> shards.reads().buckets()).isInstanceOf(IllegalStateException.class);
    }
}
