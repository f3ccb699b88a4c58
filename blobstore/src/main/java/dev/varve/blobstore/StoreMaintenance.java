package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.ChunkStoreStatus;
import dev.varve.blobstore.chunk.Damage;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaReads.TrashedChunk;
import dev.varve.blobstore.meta.MetaState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a local store in order: it deletes what nobody wants any more, and reads again what is there. Each method is a
 * step for a background job. Thread-safe.
 *
 * <p>Chunks of deleted objects lie in the trash for the grace and as long as a reader has them open. Orphans, which a
 * crash or a failed write left, are found without a clock: the floor is raised in every shard, after which no commit can
 * refer to a chunk born below it; what was born below and is then referred to by nothing never will be.
 */
public final class StoreMaintenance {
    private static final Logger LOG = LoggerFactory.getLogger(StoreMaintenance.class);
    private static final int MOST_TRASH = 10_000;
    private static final int MOST_MENDED = 1000;
    /** Ids that are held in memory at once. */
    private static final int MOST_IDS = 1 << 20;

    private final ObjectStoreConfig config;
    private final ChunkStore chunks;
    private final Shards shards;
    private final Pins pins;
    private final InstantSource clock;
    private final Expiry expiry;
    private volatile List<StoreStatus.Damage> metadataDamages = List.of();
    private volatile List<StoreStatus.Damage> mendedMetadata = List.of();

    StoreMaintenance(
            ObjectStore store,
            ObjectStoreConfig config,
            ChunkStore chunks,
            Shards shards,
            Pins pins,
            InstantSource clock) {
        this.config = config;
        this.chunks = chunks;
        this.shards = shards;
        this.pins = pins;
        this.clock = clock;
        this.expiry = new Expiry(store, shards, clock);
    }

    /** Deletes chunks whose grace is over; returns how many. */
    public synchronized int emptyTrash() {
        Instant before = clock.instant().minus(config.grace());
        int count = 0;
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            int emptied = shards.keeps(shard) ? MOST_TRASH : 0;
            while (emptied == MOST_TRASH) {
                emptied = emptyTrash(shard, before);
                count += emptied;
            }
        }
        return count;
    }

    private int emptyTrash(int shard, Instant before) {
        List<MetaOp.TrashId> due = new ArrayList<>();
        List<ChunkId> ids = new ArrayList<>();
        for (TrashedChunk trashed : shards.heard().trash(shard, MOST_TRASH)) {
            ChunkId id = new ChunkId(trashed.id().high(), trashed.id().low());
            if (!trashed.since().isAfter(before) && !pins.contains(id)) {
                due.add(trashed.id());
                ids.add(id);
            }
        }
        if (!due.isEmpty()) {
            if (!shards.isShared()) {
                chunks.delete(ids);
            }
            // Repeated after a crash: deleting what is gone does nothing.
            shards.call(new MetaOp.EmptyTrash(shard, due));
        }
        return due.size();
    }

    /** Deletes chunks that nothing refers to and nothing ever will; returns how many. */
    public synchronized int collectOrphans() {
        long floor = shards.raiseFloors();
        if (shards.isShared()) {
            return 0;
        }
        int passes = Math.toIntExact(chunks.status().chunks() / MOST_IDS + 1);
        int count = 0;
        for (int pass = 0; pass < passes; pass++) {
            count += collectOrphans(floor, passes, pass);
        }
        if (count > 0) {
            LOG.info("collected orphaned chunks count={}", count);
        }
        return count;
    }

    private int collectOrphans(long floor, int passes, int pass) {
        Set<ChunkId> unwanted = new HashSet<>();
        chunks.inventory(floor, id -> {
            if (Math.floorMod(id.low(), passes) == pass) {
                unwanted.add(id);
            }
        });
        shards.heard().chunks(wanted -> unwanted.remove(Written.id(wanted)));
        List<ChunkId> ids = List.copyOf(unwanted);
        for (int from = 0; from < ids.size(); from += MOST_TRASH) {
            chunks.delete(ids.subList(from, Math.min(ids.size(), from + MOST_TRASH)));
        }
        return ids.size();
    }

    /** Deletes what the lifecycle rules of buckets say has expired; returns how many versions and uploads. */
    public synchronized int expire() {
        return expiry.run();
    }

    /** Frees the space of deleted chunks in one segment; false if there is none worth it. */
    public boolean compactOnce() {
        return chunks.compactOnce();
    }

    /** Reads a second's worth of bytes again; true if with it everything was. Damage shows in {@link #status}. */
    public boolean scrub() {
        return chunks.scrub().isRoundDone();
    }

    /** Reads all that is known of objects again; damage, and what could be mended, shows in {@link #status}. */
    public synchronized void scrubMetadata() {
        List<StoreStatus.Damage> found = new ArrayList<>();
        List<StoreStatus.Damage> healed = new ArrayList<>(mendedMetadata);
        shards.verify(found::add, healed::add);
        found.forEach(damage -> LOG.error("the metadata are damaged damage={}", damage));
        metadataDamages = List.copyOf(found);
        mendedMetadata = List.copyOf(healed.subList(0, Math.min(healed.size(), MOST_MENDED)));
    }

    /** How the store is. */
    public StoreStatus status() {
        ChunkStoreStatus status = chunks.status();
        List<StoreStatus.Damage> damages = new ArrayList<>(ofChunks(chunks.damage()));
        damages.addAll(metadataDamages);
        List<StoreStatus.Damage> mended = new ArrayList<>(ofChunks(chunks.mended()));
        mended.addAll(mendedMetadata);
        return new StoreStatus(
                status.chunks(),
                status.liveBytes(),
                status.deadBytes(),
                status.fileBytes(),
                status.usableBytes(),
                status.scrubbedBytes(),
                status.scrubRounds(),
                damages,
                mended);
    }

    private static List<StoreStatus.Damage> ofChunks(List<Damage> damages) {
        return damages.stream()
                .map(damage -> new StoreStatus.Damage("chunks/" + damage.file(), damage.offset(), damage.reason()))
                .toList();
    }
}
