package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Catalog.ShardRange;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes memtables that all nodes have to files, once: by itself the leader of a shard does, but any node may at any time,
 * for the catalog takes no rows that are in files. Likewise all nodes let go of what is in files.
 *
 * <p>One flush at a time on a node: {@code flushing} is held throughout, and nothing a reader or an append needs is.
 */
final class SharedFlusher {
    private static final Logger LOG = LoggerFactory.getLogger(SharedFlusher.class);
    private static final long FIRST_BACK_OFF_MILLIS = 500;
    private static final long MOST_BACK_OFF_MILLIS = 15_000;
    /** Of the largest memtable; smaller ones would not help who waits for memory. */
    private static final int WORTH_SHARE = 4;

    private final IngestConfig config;
    private final List<RowShard> shards;
    private final Catalog catalog;
    private final BlobStore blobs;
    private final MemoryGate gate;
    private final InstantSource clock;
    private final Flusher.FaultPoint faults;
    private final FileWriting files;
    private final RunFiles runs;
    private final ReentrantLock flushing = new ReentrantLock();
    private final AtomicLong flushes = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile @Nullable String lastError;
    private volatile Map<UUID, DatasetName> lastNames = Map.of();
    private volatile long nextTryMillis = Long.MIN_VALUE;
    private long backOffMillis = FIRST_BACK_OFF_MILLIS;

    private record Candidate(RowShard shard, LiveRows live) {}

    SharedFlusher(
            IngestConfig config,
            List<RowShard> shards,
            Catalog catalog,
            BlobStore blobs,
            MemoryGate gate,
            InstantSource clock,
            Flusher.FaultPoint faults) {
        this.config = config;
        this.shards = shards;
        this.catalog = catalog;
        this.blobs = blobs;
        this.gate = gate;
        this.clock = clock;
        this.faults = faults;
        this.files = new FileWriting(blobs, config);
        this.runs = new RunFiles(config, files, faults);
    }

    /** Flushes what needs it most of the shards that this node leads; false when nothing does. */
    boolean flushDue(boolean isPressed) {
        long now = clock.millis();
        if (now < nextTryMillis) {
            return false;
        }
        boolean isFull = isPressed || gate.used() > config.memtableMaxBytes();
        List<Candidate> all = candidates();
        long largest = all.stream()
                .mapToLong(candidate -> candidate.live().bytes())
                .max()
                .orElse(0);
        Optional<Candidate> due = all.stream()
                .filter(candidate -> candidate.shard().log().leads())
                .filter(candidate -> isDue(candidate.live(), now)
                        || (isFull && candidate.live().bytes() * WORTH_SHARE >= largest))
                .max(Comparator.comparingLong(candidate -> candidate.live().bytes()));
        return due.isPresent() && flush(due.get().shard(), due.get().live());
    }

    private List<Candidate> candidates() {
        List<Candidate> all = new ArrayList<>();
        for (RowShard shard : shards) {
            for (LiveRows live : shard.tables().all()) {
                if (live.rows() > 0) {
                    all.add(new Candidate(shard, live));
                }
            }
        }
        return all;
    }

    private boolean isDue(LiveRows live, long nowMillis) {
        return live.rows() >= config.flushMaxRows()
                || live.bytes() >= config.flushMaxBytes()
                || nowMillis - live.oldestMillis() >= config.flushMaxAge().toMillis();
    }

    /** Writes a memtable's rows to files, unless another node has; false when there are none. */
    boolean flush(RowShard shard, LiveRows live) {
        flushing.lock();
        try {
            shard.checkWhole();
            boolean isDone = write(shard, live);
            if (isDone && shard.log().leads()) {
                cutLog(shard);
            }
            backOffMillis = FIRST_BACK_OFF_MILLIS;
            nextTryMillis = Long.MIN_VALUE;
            lastError = null;
            return isDone;
        } catch (RuntimeException e) {
            failures.incrementAndGet();
            lastError = String.valueOf(e.getMessage());
            nextTryMillis = clock.millis() + backOffMillis;
            backOffMillis = Math.min(MOST_BACK_OFF_MILLIS, backOffMillis * 2);
            throw e;
        } finally {
            flushing.unlock();
        }
    }

    private boolean write(RowShard shard, LiveRows live) {
        // before the dataset is looked for: what is applied later may be of one that is not seen yet
        long appliedEnd = shard.appliedEnd();
        Optional<Dataset> dataset = shard.tables().dataset(live);
        if (dataset.isEmpty()) {
            shard.tables().discard(live);
            return true;
        }
        DatasetName name = dataset.get().name();
        Snapshot snapshot = catalog.fresh(name);
        if (!snapshot.dataset().id().equals(live.dataset())) {
            return true;
        }
        live.dropBelow(snapshot.logPosition(shard.number()));
        LiveRows.Frozen frozen = live.freeze(snapshot.schema(), appliedEnd);
        if (frozen == null) {
            return false;
        }
        List<DataFile> written = new ArrayList<>();
        try {
            faults.reached("frozen");
            TimeGrain grain = runs.write(snapshot, frozen, written);
            faults.reached("written");
            catalog.append(name, written, new ShardRange(shard.number(), frozen.first(), frozen.end()), grain);
            faults.reached("committed");
        } catch (VarveException e) {
            // Another node was faster, or the dataset is gone. Any other failure may have been a commit all the same:
            // then
            // its files stay until they are found to be garbage.
            if (e.code() != ErrorCode.CONFLICT && e.code() != ErrorCode.DATASET_NOT_FOUND) {
                throw e;
            }
            files.discard(written);
            if (e.code() == ErrorCode.CONFLICT) {
                live.dropBelow(catalog.fresh(name).logPosition(shard.number()));
            }
            LOG.info("left the flush to another node dataset={} shard={}", name, shard.number());
            return true;
        } finally {
            frozen.release();
        }
        live.dropBelow(frozen.end());
        flushes.incrementAndGet();
        return true;
    }

    /** Lets the log forget what is in files. */
    private void cutLog(RowShard shard) {
        long needed = shard.tables().firstPosition(shard.appliedEnd());
        if (needed <= shard.log().start().orElse(Long.MAX_VALUE)) {
            return;
        }
        shard.keys().checkpoint(blobs, needed);
        faults.reached("remembered");
        try {
            if (shard.log().truncateBefore(needed).join()) {
                faults.reached("cut");
            }
        } catch (CompletionException e) {
            // the next flush cuts as well
            LOG.info("a log was not cut shard={}: {}", shard.number(), String.valueOf(e.getCause()));
        }
    }

    /** Lets go of rows that other nodes have written to files, and of those of datasets that are no more. */
    void tidy() {
        List<Candidate> all = candidates();
        if (all.isEmpty()) {
            return;
        }
        // after the memtables: a dataset that is made later may have rows by now
        Map<UUID, DatasetName> names = look();
        for (Candidate candidate : all) {
            LiveRows live = candidate.live();
            DatasetName name = names.get(live.dataset());
            if (name == null) {
                candidate.shard().tables().discard(live);
                continue;
            }
            Snapshot snapshot = catalog.snapshot(name);
            if (snapshot.dataset().id().equals(live.dataset())) {
                live.dropBelow(snapshot.logPosition(candidate.shard().number()));
            }
        }
    }

    private Map<UUID, DatasetName> look() {
        Map<UUID, DatasetName> names = new HashMap<>();
        catalog.list().forEach(dataset -> names.put(dataset.id(), dataset.name()));
        lastNames = names;
        return names;
    }

    /** The names of datasets, without those that are no more: as they were a moment ago. */
    Map<UUID, DatasetName> names(Set<UUID> datasets) {
        Map<UUID, DatasetName> names = lastNames;
        if (!names.keySet().containsAll(datasets)) {
            names = look();
        }
        Map<UUID, DatasetName> chosen = new HashMap<>(names);
        chosen.keySet().retainAll(datasets);
        return chosen;
    }

    long flushes() {
        return flushes.get();
    }

    long failures() {
        return failures.get();
    }

    @Nullable
    String lastError() {
        return lastError;
    }
}
