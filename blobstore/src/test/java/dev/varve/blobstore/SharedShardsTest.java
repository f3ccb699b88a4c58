package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.meta.MetaBatch;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.StaleChunkException;
import dev.varve.blobstore.meta.WrongRows;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import dev.varve.testkit.peers.TestPeers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes that share logs: garbage, checkpoints, damage. */
final class SharedShardsTest {
    private static final String BUCKET = "bucket";
    private static final byte[] BYTES = ObjectStoreContract.bytes(1, 20_000);
    private static final Duration GRACE = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-05-01T00:00:00Z");
    private MemoryLogs logs;
    private TestCluster cluster;

    @BeforeEach
    void open() {
        logs = new MemoryLogs(3, () -> now);
        logs.setLags(true);
        ObjectStoreConfig config =
                ObjectStoreConfig.DEFAULT.withChunkBytes(8192).withGrace(GRACE);
        cluster = new TestCluster(directory, config, logs, () -> now, 3);
        logs.leadAll("node0");
        store(1).createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ChunkObjectStore store(int node) {
        return cluster.node(node).objects();
    }

    private static ObjectWrite write(String key) {
        return ObjectWrite.of(BUCKET, ObjectKey.of(key), "ada");
    }

    private StoredObject put(int node, String key) {
        return store(node).put(write(key), ObjectStoreContract.body(BYTES));
    }

    private void delete(int node, String key) {
        store(node).change(BUCKET, List.of(Change.Delete.of(ObjectKey.of(key))));
    }

    private byte[] get(int node, String key) {
        return ObjectStoreContract.get(
                store(node),
                BUCKET,
                store(node).find(BUCKET, ObjectKey.of(key), Optional.empty()).orElseThrow());
    }

    private List<String> keys(int node) {
        return store(node).list(ListRequest.of(BUCKET, Prefix.ALL)).objects().stream()
                .map(object -> object.key().text())
                .toList();
    }

    /** A round of collecting garbage on a node, as its replicas do it. */
    private int collect(int node) {
        Wanted wanted = cluster.node(node).wanted();
        Set<ChunkId> garbage = new HashSet<>();
        cluster.chunks.inventory(wanted.floor(), garbage::add);
        cluster.chunks.inventory(0, garbage::remove);
        wanted.ids(garbage::remove);
        return cluster.chunks.delete(garbage);
    }

    private void raise() {
        now = now.plus(GRACE);
        for (int round = 0; round < 2; round++) {
            // In the second all see what was raised, and since when.
            for (int node = 0; node < 3; node++) {
                assertThat(store(node).maintenance().collectOrphans()).isZero();
            }
            for (int node = 0; node < 3; node++) {
                assertThat(cluster.node(node).isCaughtUp()).isTrue();
            }
        }
    }

    @Test
    void floorsRiseTogetherAfterTheGrace() {
        raise();
        assertThat(cluster.node(2).minFloor()).isEqualTo(1);
        store(0).maintenance().collectOrphans();
        assertThat(cluster.node(0).minFloor()).isEqualTo(1);
        // Nobody leads one of them: the others do not run ahead.
        logs.lead("meta/07", "gone");
        raise();
        raise();
        raise();
        assertThat(cluster.node(0).minFloor()).isEqualTo(1);
        logs.lead("meta/07", "node1");
        raise();
        assertThat(cluster.node(0).minFloor()).isEqualTo(2);
        raise();
        assertThat(cluster.node(0).minFloor()).isEqualTo(3);
    }

    @Test
    void aWriteLastsThroughTwoRaises() throws IOException {
        try (ObjectDraft slow = store(1).draft(write("slow"));
                ObjectDraft slower = store(2).draft(write("slower"))) {
            slow.out().write(BYTES);
            slower.out().write(BYTES);
            raise();
            raise();
            assertThat(collect(0)).isZero();
            store(1).change(BUCKET, List.of(new Change.Put(slow)));
            raise();
            assertThat(collect(2)).isPositive();
            assertThatThrownBy(() -> store(2).change(BUCKET, List.of(new Change.Put(slower))))
                    .isInstanceOfSatisfying(
                            StaleChunkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        }
        assertThat(get(0, "slow")).isEqualTo(BYTES);
        assertThat(keys(1)).containsExactly("slow");
    }

    @Test
    void eachNodeFindsWhatIsGarbage() {
        put(0, "kept");
        StoredObject read = put(1, "read");
        put(2, "gone");
        try (ObjectReader reader = store(2).open(BUCKET, read)) {
            delete(0, "read");
            delete(0, "gone");
            raise();
            assertThat(store(1).maintenance().emptyTrash()).isZero();
            assertThat(store(0).maintenance().emptyTrash()).isEqualTo(6);
            raise();
            assertThat(cluster.chunks.status().chunks()).isEqualTo(9);
            raise();
            // Node 2 still reads three of them.
            assertThat(collect(2)).isEqualTo(3);
            ByteBuffer bytes = ByteBuffer.allocate(BYTES.length);
            reader.read(0, bytes);
            assertThat(bytes.array()).isEqualTo(BYTES);
        }
        assertThat(collect(2)).isEqualTo(3);
        assertThat(collect(1)).isZero();
        assertThat(get(1, "kept")).isEqualTo(BYTES);
    }

    @Test
    void aNodeThatHasNothingLoadsCheckpoints() throws IOException {
        for (int i = 0; i < 50; i++) {
            put(i % 3, "a%02d".formatted(i));
        }
        assertThat(cluster.node(0).checkpointAll()).isPositive();
        delete(1, "a07");
        put(2, "b");
        cluster.stop(2);
        cluster.forget(2);
        logs.truncateToNewest();
        cluster.startAgain(2);
        List<String> expected = keys(0);
        assertThat(expected).hasSize(50).contains("b").doesNotContain("a07");
        assertThat(keys(2)).isEqualTo(expected);
        assertThat(get(2, "a49")).isEqualTo(BYTES);
        store(2).maintenance().scrubMetadata();
        assertThat(store(2).maintenance().status().damages()).isEmpty();
        assertThat(hashes(2)).isEqualTo(hashes(0));
        put(2, "c");
        assertThat(keys(1)).contains("c");
    }

    private List<String> hashes(int node) {
        TestPeers network = new TestPeers();
        Peers here = network.join("node" + node);
        List<String> hashes = new ArrayList<>();
        cluster.node(node).serve(here);
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            ByteBuffer request =
                    ByteBuffer.allocate(12).putInt(shard).putLong(0).flip();
            ByteBuffer answer = here.ask("node" + node, "meta/hash", request, Duration.ofSeconds(5))
                    .join();
            answer.position(17);
            hashes.add(answer.getLong() + ": " + answer.getLong() + " " + answer.getLong());
        }
        return hashes;
    }

    @Test
    void aCrashInTheMiddleOfALoadIsMadeGood() throws IOException {
        put(0, "a");
        put(0, "b");
        cluster.node(0).checkpointAll();
        cluster.stop(2);
        logs.truncateToNewest();
        // Rows without a head, as a load leaves them that did not end.
        int shard = MetaState.shardOf(BUCKET);
        try (MetaState state = MetaState.open(cluster.meta(2).resolve("rows"))) {
            state.renew(shard);
            MetaBatch batch = new MetaBatch(
                    now, now, List.of(new MetaOp.CreateBucket(BUCKET, "somebody", BucketSettings.DEFAULT)));
            state.apply(shard, 0, batch);
            state.wipe(shard);
            state.flush();
        }
        cluster.startAgain(2);
        assertThat(keys(2)).containsExactly("a", "b");
        assertThat(hashes(2)).isEqualTo(hashes(1));
    }

    @Test
    void damagedRowsAreLoadedAgainAtTheStart() throws IOException {
        for (int i = 0; i < 20; i++) {
            put(0, "key" + i);
        }
        cluster.node(0).checkpointAll();
        cluster.stop(1);
        Path current = cluster.meta(1).resolve("rows/CURRENT");
        Files.write(current, new byte[] {1, 2, 3});
        cluster.startAgain(1);
        assertThat(keys(1)).hasSize(20);
        store(1).maintenance().scrubMetadata();
        assertThat(store(1).maintenance().status().mended()).hasSize(1);
        assertThat(store(1).maintenance().status().damages()).isEmpty();
    }

    @Test
    void rowsThatAreFoundDamagedAreLoadedAgain() throws IOException {
        for (int i = 0; i < 200; i++) {
            store(0).put(write("key" + i), ObjectStoreContract.body(ObjectStoreContract.bytes(i, 3000)));
        }
        cluster.node(0).checkpointAll();
        cluster.stop(1);
        cluster.startAgain(1);
        assertThat(keys(1)).hasSize(200);
        flipBits(cluster.meta(1).resolve("rows"));
        store(1).maintenance().scrubMetadata();
        assertThat(store(1).maintenance().status().mended()).isNotEmpty();
        assertThat(store(1).maintenance().status().damages()).isEmpty();
        assertThat(keys(1)).hasSize(200);
        put(1, "after");
        assertThat(keys(2)).hasSize(201);
        store(1).maintenance().scrubMetadata();
        assertThat(store(1).maintenance().status().damages()).isEmpty();
        assertThat(cluster.alarms.alarms).isEmpty();
    }

    private static void flipBits(Path rows) throws IOException {
        try (Stream<Path> files = Files.list(rows)) {
            for (Path table :
                    files.filter(file -> file.toString().endsWith(".sst")).toList()) {
                try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
                    long at = file.length() / 3;
                    file.seek(at);
                    int before = file.read();
                    file.seek(at);
                    file.write(before ^ 1);
                }
            }
        }
    }

    @Test
    void nodesThatDifferAreFound() {
        TestPeers network = new TestPeers();
        List<Peers> peers = List.of(network.join("node0"), network.join("node1"), network.join("node2"));
        List<String> names = List.of("node0", "node1", "node2", "nobody");
        for (int node = 0; node < 3; node++) {
            cluster.node(node).serve(peers.get(node));
        }
        put(0, "a");
        assertThat(cluster.node(1).isCaughtUp()).isTrue();
        assertThat(cluster.node(2).isCaughtUp()).isTrue();
        assertThat(cluster.node(0).compare(peers.get(0), names)).isEmpty();
        // One node makes something else of the next record.
        cluster.stop(2);
        int shard = MetaState.shardOf(BUCKET);
        try (MetaState state = MetaState.open(cluster.meta(2).resolve("rows"))) {
            MetaBatch batch =
                    new MetaBatch(now, now, List.of(new MetaOp.CreateBucket(BUCKET, "eve", BucketSettings.DEFAULT)));
            MetaBatch other = new MetaBatch(now, now, List.of(new MetaOp.RaiseFloor(shard, 77)));
            long next = state.head(shard).next();
            assertThat(state.apply(shard, next, batch)).hasSize(1);
            assertThat(state.apply(shard, next + 1, other)).hasSize(1);
            state.flush();
        }
        put(0, "b");
        put(0, "c");
        put(0, "d");
        cluster.startAgain(2);
        cluster.node(2).serve(peers.get(2));
        assertThat(cluster.node(2).isCaughtUp()).isTrue();
        assertThat(cluster.node(0).compare(peers.get(0), names)).containsExactly("meta/%02d".formatted(shard));
        assertThat(cluster.node(2).compare(peers.get(2), List.of("node1"))).hasSize(1);
        assertThat(cluster.alarms.alarms).containsOnlyKeys("metadata-diverged meta/%02d".formatted(shard));
        assertThat(cluster.node(0).compare(peers.get(0), List.of("node1"))).isEmpty();
        assertThat(cluster.alarms.alarms).isEmpty();
    }

    @Test
    void noCheckpointIsMadeOfDamagedRows() {
        put(0, "a");
        cluster.stop(1);
        WrongRows.add(cluster.meta(1).resolve("rows"), MetaState.shardOf(BUCKET));
        cluster.startAgain(1);
        logs.leadAll("node1");
        ClusterObjectStore node = cluster.node(1);
        assertThatThrownBy(node::checkpointAll)
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
        assertThat(cluster.alarms.alarms).hasSize(1);
        node.objects().maintenance().scrubMetadata();
        assertThat(cluster.alarms.alarms).isEmpty();
        assertThat(keys(1)).containsExactly("a");
        assertThat(node.checkpointAll()).isPositive();
    }

    @Test
    void aNodeThatStandsStillIsLoadedAgain() {
        put(0, "a");
        assertThat(cluster.node(0).checkpointAll()).isPositive();
        assertThat(cluster.node(1).mend()).isFalse();
        String name = "meta/%02d".formatted(MetaState.shardOf(BUCKET));
        // The disk fails once, which the test makes of a record that is there twice.
        logs.showWrongly("node1", name);
        put(2, "b");
        assertThatThrownBy(() -> keys(1)).isInstanceOf(VarveException.class);
        assertThat(keys(0)).containsExactly("a", "b");
        assertThat(cluster.alarms.alarms).containsOnlyKeys("metadata-failed " + name);
        assertThat(cluster.node(1).mend()).isTrue();
        assertThat(keys(1)).containsExactly("a", "b");
        assertThat(cluster.alarms.alarms).isEmpty();
        assertThat(cluster.node(1).mend()).isFalse();
    }

    @Test
    void aLogThatWasSetBackStopsTheNode() {
        put(0, "a");
        logs.forgetAll();
        cluster.stop(0);
        cluster.startAgain(0);
        assertThatThrownBy(() -> keys(0))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY));
        assertThat(cluster.alarms.alarms).isNotEmpty();
    }

    @Test
    void aRecordThatCannotBeReadStopsTheNode() {
        put(0, "a");
        String name = "meta/%02d".formatted(MetaState.shardOf(BUCKET));
        logs.commit(name, new byte[] {99, 1, 2});
        assertThatThrownBy(() -> keys(1))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY));
        assertThatThrownBy(() -> put(1, "b"))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY));
        assertThat(cluster.alarms.alarms).containsKey("metadata-failed " + name);
    }

    @Test
    void whatIsRefusedHasNoEffectAnywhere() {
        put(0, "a");
        ObjectWrite absent = write("a").withCondition(Condition.noneMatches("*"));
        for (int node = 0; node < 3; node++) {
            ChunkObjectStore store = store(node);
            assertThatThrownBy(() -> store.put(absent, ObjectStoreContract.body(BYTES)))
                    .isInstanceOf(ObjectException.class);
        }
        assertThat(cluster.chunks.status().chunks()).isEqualTo(3);
    }
}
