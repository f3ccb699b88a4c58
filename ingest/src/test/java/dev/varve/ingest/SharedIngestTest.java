package dev.varve.ingest;

import static dev.varve.ingest.TestLake.AIR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.catalog.Snapshot;
import dev.varve.ingest.TestCluster.Found;
import dev.varve.ingest.TestCluster.Node;
import dev.varve.ingest.TestLake.Row;
import dev.varve.ingest.parquet.Codec;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Three nodes over shared logs against a list of rows; {@code -Dseed=…} repeats one history. */
class SharedIngestTest {
    private static final int SHARDS = 3;
    private static final IngestConfig BY_HAND = IngestConfig.DEFAULT
            .withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.CALLER)
            .withFiles(200_000, 2_000, Codec.ZSTD)
            .withCompaction(10_000_000, Duration.ZERO);

    @TempDir
    Path directory;

    static Stream<Arguments> histories() {
        return histories(2);
    }

    static Stream<Arguments> fewHistories() {
        return histories(1);
    }

    private static Stream<Arguments> histories(int count) {
        return seeds(count).boxed().flatMap(seed -> Stream.of(Arguments.of(seed, true), Arguments.of(seed, false)));
    }

    /** What the lake must hold: all rows, or the last of each key and time. */
    private static final class Oracle {
        private final boolean keyed;
        private final List<Row> rows = new ArrayList<>();

        Oracle(boolean keyed) {
            this.keyed = keyed;
        }

        void check(Node node) {
            List<Found> found = node.rows();
            List<Row> held =
                    keyed ? merged(found) : found.stream().map(Found::row).toList();
            List<Row> expected = rows;
            if (keyed) {
                Map<String, Row> last = new HashMap<>();
                rows.forEach(row -> last.put(row.station() + " " + row.micros(), row));
                expected = List.copyOf(last.values());
            }
            assertThat(TestLake.sorted(held.stream().map(Row::withoutVersion).toList()))
                    .isEqualTo(TestLake.sorted(expected));
        }

        /** As a query does it: the higher run wins, and live rows win over all, the last of them over the others. */
        private static List<Row> merged(List<Found> found) {
            Map<String, Found> winners = new HashMap<>();
            Map<String, Long> versions = new HashMap<>();
            Set<String> seen = new HashSet<>();
            for (Found one : found) {
                Row row = one.row();
                String identity = row.station() + " " + row.micros();
                assertThat(seen.add(identity + " " + row.version()))
                        .as("one row of a key, time and version")
                        .isTrue();
                assertThat(one.run() == Long.MAX_VALUE || seen.add(identity + " of run " + one.run()))
                        .as("one row of a key and time in a run")
                        .isTrue();
                winners.merge(
                        identity,
                        one,
                        (left, right) ->
                                right.run() > left.run() || (right.run() == left.run() && right.order() > left.order())
                                        ? right
                                        : left);
                versions.merge(identity, row.version(), Math::max);
            }
            winners.forEach((identity, winner) -> assertThat(winner.row().version())
                    .as("the last version of %s", identity)
                    .isEqualTo(versions.get(identity)));
            return winners.values().stream().map(Found::row).toList();
        }
    }

    private static List<Row> rows(Random random, int count, boolean keyed) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean hasPlace = random.nextInt(8) > 0;
            rows.add(new Row(
                    !keyed && random.nextInt(30) == 0 ? null : "station-" + random.nextInt(20),
                    (random.nextInt(100) - 30) * 3_600_000_000L,
                    hasPlace ? random.nextInt(180) - 90.0 : null,
                    hasPlace ? random.nextInt(360) - 180.0 : null,
                    random.nextInt(5) == 0 ? null : random.nextInt(1_000) / 10.0,
                    -1));
        }
        return rows;
    }

    private TestCluster cluster(ClusterLogs logs, IngestConfig config) {
        TestCluster cluster = new TestCluster(directory, 3, SHARDS, config, logs);
        for (int shard = 0; shard < SHARDS; shard++) {
            logs.lead("ingest/" + shard, "node" + shard % 3);
        }
        return cluster;
    }

    @ParameterizedTest(name = "seed {0}, keyed {1}")
    @MethodSource("histories")
    void everyNodeHasExactlyTheAcknowledgedRowsAfterEachStep(long seed, boolean keyed) {
        history(seed, keyed, new FakeLogs(seed, InstantSource.system()), 50);
    }

    @ParameterizedTest(name = "seed {0}, keyed {1}")
    @MethodSource("fewHistories")
    void everyNodeHasThemOverReplicatedLogs(long seed, boolean keyed) {
        history(seed, keyed, new RealLogs(), 30);
    }

    private void history(long seed, boolean keyed, ClusterLogs logs, int steps) {
        Random random = new Random(seed);
        Oracle oracle = new Oracle(keyed);
        Map<String, List<Row>> sent = new HashMap<>();
        Map<String, Ack> acks = new HashMap<>();
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            Schema schema = keyed ? TestLake.KEYED : TestLake.UNKEYED;
            cluster.nodes.getFirst().catalog.create(AIR, schema, null);
            logs.setTroubles(100);
            for (int step = 0; step < steps; step++) {
                Node node = cluster.nodes.get(random.nextInt(3));
                int choice = random.nextInt(100);
                if (choice < 50) {
                    List<Row> rows = rows(random, random.nextInt(15) == 0 ? 9_000 : 1 + random.nextInt(1_500), keyed);
                    String key = "key " + step;
                    acks.put(key, node.appendUntilDone(rows, key));
                    sent.put(key, rows);
                    oracle.rows.addAll(rows);
                } else if (choice < 60 && !sent.isEmpty()) {
                    String key = List.copyOf(sent.keySet()).get(random.nextInt(sent.size()));
                    Ack again = node.appendUntilDone(Objects.requireNonNull(sent.get(key)), key);
                    assertThat(again.duplicate()).isTrue();
                    assertThat(again.accepted())
                            .isEqualTo(Objects.requireNonNull(acks.get(key)).accepted());
                } else if (choice < 70) {
                    node.flush();
                } else if (choice < 78) {
                    node.ingest.compactOnce();
                } else if (choice < 86) {
                    logs.lead("ingest/" + random.nextInt(SHARDS), "node" + random.nextInt(3));
                } else if (choice < 92) {
                    node.restart();
                } else if (choice < 95) {
                    node.catalog.collectGarbage();
                } else if (choice < 97) {
                    node.catalog.addColumns(AIR, List.of(new Column("extra" + step, ColumnType.INT)));
                } else if (choice < 98) {
                    node.catalog.drop(AIR);
                    cluster.nodes.get(random.nextInt(3)).catalog.create(AIR, schema, null);
                    sent.clear();
                    acks.clear();
                    oracle.rows.clear();
                }
                oracle.check(cluster.nodes.get(random.nextInt(3)));
            }
            logs.setTroubles(0);
            for (Node node : cluster.nodes) {
                node.flush();
                oracle.check(node);
            }
            while (cluster.nodes.stream().anyMatch(node -> node.ingest.compactOnce())) {
                oracle.check(cluster.nodes.get(random.nextInt(3)));
            }
            assertThat(cluster.nodes.getFirst().ingest.status().live()).isEmpty();
        }
    }

    /** Writers, flushes, compactions and leaders that change, all at once. */
    private static final class Storm {
        private final TestCluster cluster;
        private final ClusterLogs logs;
        private final long seed;
        private final Set<Double> sent = ConcurrentHashMap.newKeySet();
        private final Set<Double> acknowledged = ConcurrentHashMap.newKeySet();
        private final AtomicLong next = new AtomicLong();

        Storm(TestCluster cluster, ClusterLogs logs, long seed) {
            this.cluster = cluster;
            this.logs = logs;
            this.seed = seed;
        }

        void write(int writer) {
            Random random = new Random(seed * 100 + writer);
            for (int i = 0; i < 25; i++) {
                List<Row> rows = new ArrayList<>();
                for (int left = 1 + random.nextInt(1_200); left > 0; left--) {
                    rows.add(new Row(
                            "s",
                            random.nextInt(2_000) * 3_600_000_000L,
                            random.nextInt(180) - 90.0,
                            random.nextInt(360) - 180.0,
                            (double) next.getAndIncrement(),
                            -1));
                }
                rows.forEach(row -> sent.add(Objects.requireNonNull(row.value())));
                String key = writer + "/" + i;
                cluster.nodes.get(random.nextInt(3)).appendUntilDone(rows, key);
                rows.forEach(row -> acknowledged.add(Objects.requireNonNull(row.value())));
                if (random.nextInt(4) == 0) {
                    assertThat(cluster.nodes
                                    .get(random.nextInt(3))
                                    .appendUntilDone(rows, key)
                                    .duplicate())
                            .isTrue();
                }
            }
        }

        void disturb(int disturber) {
            Random random = new Random(seed * 100 + 50 + disturber);
            Node node = cluster.nodes.get(disturber % 3);
            switch (random.nextInt(3)) {
                case 0 -> node.flush();
                case 1 -> node.ingest.compactOnce();
                default -> logs.lead("ingest/" + random.nextInt(SHARDS), "node" + random.nextInt(3));
            }
        }

        void check(Node node) {
            Set<Double> before = Set.copyOf(acknowledged);
            List<Double> found = node.rows().stream()
                    .map(one -> Objects.requireNonNull(one.row().value()))
                    .toList();
            Set<Double> distinct = new HashSet<>(found);
            assertThat(found).as("no row twice").hasSameSizeAs(distinct);
            assertThat(sent.containsAll(distinct)).as("no row from nowhere").isTrue();
            Set<Double> missing =
                    before.stream().filter(value -> !distinct.contains(value)).collect(Collectors.toSet());
            assertThat(missing).as("no acknowledged row missing").isEmpty();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void nothingIsLostOrDoubledWhileLeadersChange(long seed) throws InterruptedException {
        storm(seed, new FakeLogs(seed, InstantSource.system()));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("fewSeeds")
    void nothingIsLostOrDoubledOverReplicatedLogs(long seed) throws InterruptedException {
        storm(seed, new RealLogs());
    }

    private void storm(long seed, ClusterLogs logs) throws InterruptedException {
        IngestConfig config = IngestConfig.DEFAULT
                .withFlush(3_000, 1 << 30, Duration.ofSeconds(2), IngestConfig.Background.OWN_THREAD)
                .withFiles(200_000, 2_000, Codec.ZSTD);
        try (TestCluster cluster = cluster(logs, config)) {
            cluster.nodes.getFirst().catalog.create(AIR, TestLake.UNKEYED, null);
            logs.setTroubles(50);
            Storm storm = new Storm(cluster, logs, seed);
            ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> writers = IntStream.range(0, 3)
                    .mapToObj(writer -> Thread.ofPlatform().start(() -> {
                        try {
                            storm.write(writer);
                        } catch (Throwable e) {
                            failures.add(e);
                        }
                    }))
                    .toList();
            for (int i = 0; writers.stream().anyMatch(Thread::isAlive); i++) {
                storm.disturb(i);
                storm.check(cluster.nodes.get(i % 3));
            }
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failures).isEmpty();
            for (Node node : cluster.nodes) {
                storm.check(node);
                assertThat(node.rows()).hasSameSizeAs(storm.sent);
            }
        }
    }

    static LongStream seeds() {
        return seeds(2);
    }

    static LongStream fewSeeds() {
        return seeds(1);
    }

    /** {@code -Dseeds=…} asks for more of them. */
    private static LongStream seeds(int count) {
        return System.getProperty("seed") == null
                ? LongStream.range(0, Integer.getInteger("seeds", count))
                : LongStream.of(Long.getLong("seed", 0));
    }

    /** What a crash looks like from inside. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @ParameterizedTest
    @ValueSource(strings = {"frozen", "file", "written", "committed", "remembered", "cut"})
    void aFlushThatStopsAnywhereIsDoneByTheNextLeader(String where) {
        FakeLogs logs = new FakeLogs(1, InstantSource.system());
        Oracle oracle = new Oracle(false);
        Random random = new Random(1);
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            Node first = cluster.nodes.getFirst();
            Node second = cluster.nodes.get(1);
            first.catalog.create(AIR, TestLake.UNKEYED, null);
            for (int i = 0; i < 4; i++) {
                List<Row> rows = rows(random, 1_200, false);
                second.append(rows, "key " + i);
                oracle.rows.addAll(rows);
                oracle.check(first);
                cluster.faults = (node, step) -> {
                    if (node.equals(first.name) && step.equals(where)) {
                        throw new Crash();
                    }
                };
                if (i < 2) {
                    assertThatThrownBy(() -> first.ingest.flush(AIR)).isInstanceOf(Crash.class);
                    oracle.check(first);
                    oracle.check(second);
                }
                if (i == 1) {
                    first.restart();
                    for (int shard = 0; shard < SHARDS; shard++) {
                        logs.lead("ingest/" + shard, second.name);
                    }
                }
                oracle.check(first);
            }
            second.ingest.flush(AIR);
            oracle.check(second);
            second.restart();
            for (Node node : cluster.nodes) {
                oracle.check(node);
                assertThat(node.ingest.status().live()).isEmpty();
                assertThat(node.ingest.status().memoryBytes()).isZero();
            }
        }
    }

    @Test
    void aFlushOfADeposedLeaderLeavesNoFiles() {
        FakeLogs logs = new FakeLogs(1, InstantSource.system());
        Oracle oracle = new Oracle(true);
        Random random = new Random(1);
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            Node slow = cluster.nodes.getFirst();
            Node fast = cluster.nodes.get(1);
            slow.catalog.create(AIR, TestLake.KEYED, null);
            List<Row> rows = rows(random, 3_000, true);
            slow.append(rows, null);
            oracle.rows.addAll(rows);
            cluster.faults = (node, step) -> {
                if (node.equals(slow.name) && step.equals("written")) {
                    cluster.faults = (anyNode, anyStep) -> {};
                    fast.ingest.flush(AIR);
                    List<Row> more = rows(random, 3_000, true);
                    fast.append(more, null);
                    oracle.rows.addAll(more);
                    oracle.check(slow);
                }
            };
            slow.ingest.flush(AIR);
            for (Node node : cluster.nodes) {
                oracle.check(node);
            }
            Snapshot snapshot = slow.catalog.fresh(AIR);
            assertThat(cluster.blobs.list(snapshot.dataset().location() + "/data/"))
                    .hasSameSizeAs(snapshot.files());
        }
    }

    @Test
    void nodesWithLittleMemoryTakeMuchMoreThanThat() {
        FakeLogs logs = new FakeLogs(1, InstantSource.system());
        IngestConfig config = IngestConfig.DEFAULT
                .withMemtable(1 << 20, Duration.ofSeconds(30))
                .withFlush(1_000_000, 1 << 30, Duration.ofDays(1), IngestConfig.Background.OWN_THREAD);
        Random random = new Random(1);
        try (TestCluster cluster = cluster(logs, config)) {
            cluster.nodes.getFirst().catalog.create(AIR, TestLake.UNKEYED, null);
            List<Row> sent = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                List<Row> rows = rows(random, 4_000, false);
                cluster.nodes.get(i % 3).appendUntilDone(rows, "key " + i);
                sent.addAll(rows);
                for (Node node : cluster.nodes) {
                    assertThat(node.ingest.status().memoryBytes()).isLessThan(4 << 20);
                }
            }
            assertThat(cluster.nodes.get(2).rows()).hasSameSizeAs(sent);
            assertThat(cluster.nodes.getFirst().catalog.fresh(AIR).files()).isNotEmpty();
        }
    }

    @Test
    void logsAreCutAndANodeThatWasAwayBeginsWhereTheyBegin() {
        FakeLogs logs = new FakeLogs(1, InstantSource.system());
        Oracle oracle = new Oracle(false);
        Random random = new Random(1);
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            cluster.nodes.getFirst().catalog.create(AIR, TestLake.UNKEYED, null);
            List<Row> first = rows(random, 5_000, false);
            cluster.nodes.getFirst().append(first, "first");
            oracle.rows.addAll(first);
            cluster.nodes.forEach(node -> node.ingest.flush(AIR));
            for (int shard = 0; shard < SHARDS; shard++) {
                // rows of all were written by the first node; leaders cut what they find in files at their next flush
                logs.lead("ingest/" + shard, "node0");
            }
            List<Row> second = rows(random, 5_000, false);
            cluster.nodes.get(1).append(second, "second");
            oracle.rows.addAll(second);
            cluster.nodes.getFirst().ingest.flush(AIR);
            for (int shard = 0; shard < SHARDS; shard++) {
                assertThat(logs.start("ingest/" + shard)).isEqualTo(logs.end("ingest/" + shard));
            }
            for (Node node : cluster.nodes) {
                node.restart();
                oracle.check(node);
                assertThat(node.append(first, "first").duplicate()).isTrue();
                assertThat(node.append(second, "second").duplicate()).isTrue();
                oracle.check(node);
            }
        }
    }

    @Test
    void aKeyWithOtherRowsIsRefusedOnEveryNode() {
        FakeLogs logs = new FakeLogs(1, InstantSource.system());
        Random random = new Random(1);
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            cluster.nodes.getFirst().catalog.create(AIR, TestLake.UNKEYED, null);
            cluster.nodes.getFirst().append(rows(random, 2_000, false), "key");
            for (Node node : cluster.nodes) {
                try (LiveView seen = node.ingest.view(AIR)) {
                    assertThat(seen.batches()).isNotEmpty();
                }
                assertThatThrownBy(() -> node.append(rows(random, 2_000, false), "key"))
                        .isInstanceOfSatisfying(
                                VarveException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT));
            }
        }
    }

    @Test
    void aBatchLargerThanARecordIsCutAndCompletedByARetry() {
        FakeLogs logs = new FakeLogs(5, InstantSource.system());
        try (TestCluster cluster = cluster(logs, BY_HAND)) {
            cluster.nodes.getFirst().catalog.create(AIR, TestLake.UNKEYED, null);
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                String text = (i % 7 == 0 ? "x".repeat(200_000) : "y") + i;
                rows.add(new Row(text, i * 1_000L, 10.0, 10.0, (double) i, -1));
            }
            logs.setTroubles(300);
            Ack ack = cluster.nodes.getFirst().appendUntilDone(rows, "large");
            assertThat(ack.accepted()).isEqualTo(400);
            logs.setTroubles(0);
            assertThat(cluster.nodes.get(2).append(rows, "large").duplicate()).isTrue();
            for (Node node : cluster.nodes) {
                assertThat(node.rows().stream()
                                .map(found -> found.row().value())
                                .distinct())
                        .hasSize(400);
                assertThat(node.rows()).hasSize(400);
            }
        }
    }

    @Test
    void versionsOfARowMeetInOneShardAndSmallBatchesStayWhole() {
        Random random = new Random(3);
        try (BufferAllocator memory = new RootAllocator()) {
            List<Row> many = rows(random, 3_000, true);
            Map<String, Integer> shardOf = new HashMap<>();
            int[] sizes = new int[4];
            for (int from = 0; from < many.size(); from += 100) {
                try (VectorSchemaRoot batch = TestLake.batch(many.subList(from, from + 100), memory)) {
                    int[] shards = RowRouting.shards(TestLake.KEYED, batch, 4);
                    for (int i = 0; i < 100; i++) {
                        Row row = many.get(from + i);
                        sizes[shards[i]]++;
                        assertThat(shardOf.merge(row.station() + row.micros(), shards[i], Math::max))
                                .isEqualTo(shards[i]);
                    }
                }
            }
            assertThat(IntStream.of(sizes).min().orElse(0)).isGreaterThan(500);
        }
    }
}
