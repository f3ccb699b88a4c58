package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.model.host.Peers;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One node's part of an object store that lies on many nodes. All of them have all metadata and answer alike; bytes lie
 * where the chunks are put.
 *
 * <p>Of {@link ChunkObjectStore#maintenance}, {@code emptyTrash}, {@code expire} and {@code collectOrphans} (which raises
 * floors, and deletes nothing) can be called on every node and do something for the shards that it leads; {@code scrub},
 * {@code compactOnce}, {@code scrubMetadata} and {@code status} are about this node alone. Chunks are deleted on each node by
 * whoever goes by {@link #wanted}. Thread-safe.
 */
public final class ClusterObjectStore implements AutoCloseable {
    /** The names of the logs that it follows; a log's place here does for its number. */
    public static final List<String> LOGS =
            IntStream.range(0, MetaState.SHARDS).mapToObj(SharedShard::logName).toList();

    private final ChunkObjectStore objects;
    private final SharedShards shards;
    private final Alarms alarms;

    private ClusterObjectStore(ChunkObjectStore objects, SharedShards shards, Alarms alarms) {
        this.objects = objects;
        this.shards = shards;
        this.alarms = alarms;
    }

    /**
     * Opens or makes this node's copy of the metadata in a directory, which no other process may have open, and begins to
     * follow the others. Neither chunks nor disk are closed with it; logs are.
     *
     * @param config in which the grace also says how long a write may last: two graces at least
     * @param chunks of the cluster
     * @param disk what this node has of them
     * @param logs opens a log of {@link #LOGS}; asked for the same again if the metadata of
     *     this node have to be loaded again, after it has closed the one before
     */
    public static ClusterObjectStore open(
            Path directory,
            ObjectStoreConfig config,
            Chunks chunks,
            ChunkStore disk,
            Function<String, SharedLog> logs,
            InstantSource clock,
            Alarms alarms) {
        return open(
                new SharedRows.Opening(directory, MetaConfig.DEFAULT, chunks, logs, alarms, Disk.REAL),
                config,
                disk,
                clock);
    }

    static ClusterObjectStore open(
            SharedRows.Opening opening, ObjectStoreConfig config, ChunkStore disk, InstantSource clock) {
        SharedShards shards = SharedShards.open(opening, config.grace(), clock);
        return new ClusterObjectStore(
                new ChunkObjectStore(config, opening.chunks(), shards, disk, clock, () -> {}),
                shards,
                opening.alarms());
    }

    /** The objects, the same on all nodes. */
    public ChunkObjectStore objects() {
        return objects;
    }

    /** Begins a round of collecting garbage on this node. */
    public Wanted wanted() {
        return shards.wanted(objects.pins()::forEach);
    }

    /** The lowest floor of all shards that this node has heard of. */
    public long minFloor() {
        return shards.minFloor();
    }

    /** Whether this node has seen all that was acknowledged anywhere before the call; asks the leaders. */
    public boolean isCaughtUp() {
        return shards.isCaughtUp();
    }

    /**
     * Loads the metadata of this node again if a part of them cannot follow the others any more; false if there was nothing to
     * do. To be called every minute or so.
     */
    public boolean mend() {
        return shards.mend();
    }

    /** Writes a checkpoint of a shard that this node leads, if one is due; false if none is. To be called from time to time. */
    public boolean checkpointOnce() {
        return shards.checkpointOnce();
    }

    /** Writes checkpoints of all shards that this node leads, whether they are due or not; returns how many. */
    int checkpointAll() {
        return shards.checkpointAll();
    }

    /** Tells other nodes hashes of this node's metadata from now on. */
    public void serve(Peers peers) {
        new MetaHashes(shards, peers, alarms).serve();
    }

    /**
     * Compares this node's metadata with those of other nodes, by their hashes at the same place of the logs; raises the alarm
     * {@code metadata-diverged} for shards that differ, which are returned. Nodes that do not answer are left out. Blocks.
     */
    public List<String> compare(Peers peers, Collection<String> nodes) {
        return new MetaHashes(shards, peers, alarms).compare(nodes);
    }

    @Override
    public void close() {
        objects.close();
    }
}
