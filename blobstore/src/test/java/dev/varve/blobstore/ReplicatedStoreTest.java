package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectWrite;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An object store on three nodes with disks of their own, one of which dies. */
@Timeout(120)
final class ReplicatedStoreTest {
    private static final String BUCKET = "bucket";

    @TempDir
    Path directory;

    private final Map<String, ReplicatedNodes.Parts> parts = new ConcurrentHashMap<>();
    private TestCluster cluster;

    @BeforeEach
    void open() {
        ReplicatedNodes nodes = new ReplicatedNodes(directory, InstantSource.system(), 3);
        ObjectStoreConfig config =
                ObjectStoreConfig.DEFAULT.withChunkBytes(8192).withGrace(Duration.ZERO);
        cluster = new TestCluster(
                directory,
                config,
                name -> {
                    ReplicatedNodes.Parts started = nodes.start(name);
                    parts.put(name, started);
                    return started;
                },
                InstantSource.system(),
                3);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private ChunkObjectStore store(int node) {
        return cluster.node(node).objects();
    }

    private void put(int node, String key, int seed) {
        store(node)
                .put(
                        ObjectWrite.of(BUCKET, ObjectKey.of(key), "ada"),
                        ObjectStoreContract.body(ObjectStoreContract.bytes(seed, 20_000)));
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

    @Test
    void goesOnWhenANodeDies() {
        store(0).createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
        put(1, "a", 1);
        put(2, "b", 2);
        for (int node = 0; node < 3; node++) {
            assertThat(keys(node)).containsExactly("a", "b");
            assertThat(get(node, "a")).isEqualTo(ObjectStoreContract.bytes(1, 20_000));
        }
        String log = "meta/%02d".formatted(MetaState.shardOf(BUCKET));
        SharedLog seen = Objects.requireNonNull(
                Objects.requireNonNull(parts.get("node1")).logs().get(log));
        String leader = seen.leader().orElseThrow();
        int dead = leader.charAt(4) - '0';
        Objects.requireNonNull(parts.get(leader)).kill();
        int other = (dead + 1) % 3;
        put(other, "c", 3);
        assertThat(keys((dead + 2) % 3)).containsExactly("a", "b", "c");
        // Either of them may lead all shards that have records.
        assertThat(cluster.node(other).checkpointAll()
                        + cluster.node((dead + 2) % 3).checkpointAll())
                .isPositive();
        cluster.stop(dead);
        cluster.startAgain(dead);
        assertThat(keys(dead)).containsExactly("a", "b", "c");
        assertThat(get(dead, "c")).isEqualTo(ObjectStoreContract.bytes(3, 20_000));
        put(dead, "d", 4);
        assertThat(get(other, "d")).isEqualTo(ObjectStoreContract.bytes(4, 20_000));
    }
}
