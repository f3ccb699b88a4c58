package dev.varve.blobstore;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreConfig;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.blobstore.chunk.StoredChunk;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.replica.Replicas;
import dev.varve.blobstore.shared.LogFact;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the disk of one node, which does not run, says of the cluster's logs and replicas.
 *
 * @param identity whose disk it is
 * @param replicas what the disk is of each group
 * @param applied of each log of metadata the position below which the node has applied all, durably
 * @param highestNumber of all nodes that wrote a chunk that is here
 */
public record DiskSurvey(
        DiskIdentity identity,
        SortedMap<Integer, ReplicaState> replicas,
        List<LogFact> facts,
        List<Unreadable> unreadable,
        Map<String, Long> applied,
        int highestNumber) {
    private static final int MAGIC_BYTES = Integer.BYTES;
    private static final int PAGE = 10_000;

    public DiskSurvey {
        facts = List.copyOf(facts);
        unreadable = List.copyOf(unreadable);
        applied = Map.copyOf(applied);
    }

    /** Writes it, for another machine to read. */
    public void write(DataOutput out) throws IOException {
        DiskSurveyCodec.write(this, out);
    }

    /** Reads what {@link #write} wrote. */
    public static DiskSurvey read(DataInput in) throws IOException {
        return DiskSurveyCodec.read(in);
    }

    /** A chunk of a log that is here but damaged. */
    record Unreadable(int log, long position, ChunkId id) {}

    /**
     * Opens a store as its node would, which must not run, reads all that is of logs, and closes it again.
     *
     * @param directory of the node's part of the store
     */
    public static DiskSurvey of(Path directory) {
        DiskIdentity identity = ClusterStore.identity(directory)
                .orElseThrow(() -> new VarveException(
                                ErrorCode.NOT_FOUND, "there is no store of a node of a cluster in " + directory)
                        .withHint("name the data directory of a node, as data.dir in its configuration does"));
        Path chunks = directory.resolve(ClusterStore.CHUNKS);
        try (ChunkStore store = ChunkStore.open(ChunkStoreConfig.of(chunks, identity.clusterId(), identity.nodeId()))) {
            Reading reading = new Reading(store);
            for (int group = 0; group < ChunkStore.GROUPS; group++) {
                reading.group(group);
            }
            return new DiskSurvey(
                    identity,
                    Replicas.marks(chunks, identity),
                    reading.facts,
                    reading.unreadable,
                    applied(directory.resolve(ClusterStore.META).resolve(SharedRows.ROWS)),
                    Math.max(identity.nodeId(), reading.highestNumber));
        }
    }

    /** Damaged rows say nothing, and are loaded again when the node starts. */
    private static Map<String, Long> applied(Path rows) {
        Map<String, Long> applied = new TreeMap<>();
        if (Files.isDirectory(rows)) {
            try (MetaState state = MetaState.open(rows)) {
                for (int shard = 0; shard < MetaState.SHARDS; shard++) {
                    applied.put(SharedShard.logName(shard), state.head(shard).next());
                }
            } catch (VarveException e) {
                if (e.code() != ErrorCode.CORRUPT) {
                    throw e;
                }
                return Map.of();
            }
        }
        return applied;
    }

    private static final class Reading {
        private final ChunkStore store;
        private final List<LogFact> facts = new ArrayList<>();
        private final List<Unreadable> unreadable = new ArrayList<>();
        private int highestNumber;

        Reading(ChunkStore store) {
            this.store = store;
        }

        void group(int group) {
            List<StoredChunk> page = store.inventory(group, null, PAGE);
            while (!page.isEmpty()) {
                page.forEach(this::look);
                page = store.inventory(group, page.getLast().ref().id(), PAGE);
            }
        }

        private void look(StoredChunk chunk) {
            highestNumber = Math.max(highestNumber, chunk.ref().id().node());
            if (!Birth.isLog(chunk.birth()) || chunk.isFile()) {
                return;
            }
            try {
                fact(chunk.ref()).ifPresent(facts::add);
            } catch (VarveException e) {
                if (e.code() != ErrorCode.CORRUPT) {
                    throw e;
                }
                unreadable.add(new Unreadable(
                        Birth.log(chunk.birth()),
                        Birth.position(chunk.birth()),
                        chunk.ref().id()));
            }
        }

        private Optional<LogFact> fact(ChunkRef ref) {
            ByteBuffer begin = ByteBuffer.allocate((int) Math.min(ref.length(), MAGIC_BYTES));
            store.read(ref, 0, begin);
            if (!LogFact.mayBegin(begin.flip())) {
                return Optional.empty();
            }
            ByteBuffer whole = ByteBuffer.allocate((int) ref.length());
            store.read(ref, 0, whole);
            return LogFact.read(ref, whole.flip());
        }
    }
}
