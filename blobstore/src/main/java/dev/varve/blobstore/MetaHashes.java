package dev.varve.blobstore;

import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.RowHash;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what nodes have made of the same logs. They never differ unless an operation depends on more than what came
 * before it, or rows have changed on a disk.
 *
 * <p>A question: the shard (4 bytes) and a position (8). The answer: whether the hash there is known (1), it (16); the position
 * that the node has come to (8), and the hash there (16). All big-endian.
 */
final class MetaHashes {
    private static final Logger LOG = LoggerFactory.getLogger(MetaHashes.class);
    private static final String METHOD = "meta/hash";
    private static final String ALARM = "metadata-diverged";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final RowHash UNKNOWN = new RowHash(0, 0);

    private final SharedShards shards;
    private final Peers peers;
    private final Alarms alarms;

    MetaHashes(SharedShards shards, Peers peers, Alarms alarms) {
        this.shards = shards;
        this.peers = peers;
        this.alarms = alarms;
    }

    void serve() {
        peers.serve(METHOD, (from, request) -> CompletableFuture.completedFuture(answer(request)));
    }

    private ByteBuffer answer(ByteBuffer request) {
        int shard = Math.floorMod(request.getInt(), MetaState.SHARDS);
        Optional<RowHash> asked = shards.hashAt(shard, request.getLong());
        long position = shards.position(shard);
        Optional<RowHash> newest = shards.hashAt(shard, position);
        ByteBuffer answer = ByteBuffer.allocate(1 + 5 * Long.BYTES);
        put(answer.put((byte) (asked.isPresent() ? 1 : 0)), asked.orElse(UNKNOWN));
        // It may have come further between the two.
        put(answer.putLong(newest.isPresent() ? position : -1), newest.orElse(UNKNOWN));
        return answer.flip();
    }

    private static void put(ByteBuffer out, RowHash hash) {
        out.putLong(hash.high()).putLong(hash.low());
    }

    private static RowHash hash(ByteBuffer in) {
        return new RowHash(in.getLong(), in.getLong());
    }

    /** Names of the shards in which another node has something else. */
    List<String> compare(Collection<String> nodes) {
        List<String> diverged = new ArrayList<>();
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            String name = SharedShard.logName(shard);
            List<String> differences = differences(shard, nodes);
            if (differences.isEmpty()) {
                alarms.clear(ALARM, name);
            } else {
                LOG.error("metadata differ between nodes shard={} differences={}", shard, differences);
                alarms.raise(ALARM, name, String.join("; ", differences) + "; verify the metadata of these nodes");
                diverged.add(name);
            }
        }
        return diverged;
    }

    private List<String> differences(int shard, Collection<String> nodes) {
        long position = shards.position(shard);
        ByteBuffer request = ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
                .putInt(shard)
                .putLong(position)
                .flip();
        Map<String, CompletableFuture<ByteBuffer>> asked = new LinkedHashMap<>();
        nodes.stream()
                .filter(node -> !node.equals(peers.self()))
                .forEach(node -> asked.put(node, peers.ask(node, METHOD, request.duplicate(), TIMEOUT)));
        List<String> differences = new ArrayList<>();
        asked.forEach((node, answer) -> {
            try {
                difference(shard, position, node, answer.join()).ifPresent(differences::add);
            } catch (CompletionException | VarveException | BufferUnderflowException e) {
                LOG.debug("no hash of the metadata was told node={} shard={}", node, shard, e);
            }
        });
        return differences;
    }

    private Optional<String> difference(int shard, long position, String node, ByteBuffer answer) {
        boolean isKnown = answer.get() != 0;
        RowHash theirs = hash(answer);
        long theirPosition = answer.getLong();
        RowHash theirNewest = hash(answer);
        return isKnown
                ? difference(shard, position, node, theirs)
                : difference(shard, theirPosition, node, theirNewest);
    }

    private Optional<String> difference(int shard, long position, String node, RowHash theirs) {
        return shards.hashAt(shard, position)
                .filter(own -> !own.equals(theirs))
                .map(own -> "at " + position + " node " + peers.self() + " has " + own + " and node " + node + " has "
                        + theirs);
    }
}
