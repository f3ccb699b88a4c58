package dev.varve.ingest;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.DatasetName;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** The memtables of all datasets over one log; thread-safe. */
final class MemTables {
    private static final int MOST_TRIES = 10;

    private final Catalog catalog;
    private final BufferAllocator memory;
    private final MemoryGate gate;
    private final InstantSource clock;
    private final ConcurrentHashMap<UUID, LiveRows> tables = new ConcurrentHashMap<>();
    /** Datasets are never renamed. */
    private final ConcurrentHashMap<UUID, DatasetName> names = new ConcurrentHashMap<>();

    MemTables(Catalog catalog, BufferAllocator memory, MemoryGate gate, InstantSource clock) {
        this.catalog = catalog;
        this.memory = memory;
        this.gate = gate;
        this.clock = clock;
    }

    LiveRows of(Dataset dataset) {
        names.putIfAbsent(dataset.id(), dataset.name());
        return of(dataset.id());
    }

    /** Likewise for a dataset of which only the id is known. */
    LiveRows of(UUID dataset) {
        return tables.computeIfAbsent(dataset, id -> new LiveRows(id, memory, gate, clock));
    }

    @Nullable
    LiveRows find(UUID dataset) {
        return tables.get(dataset);
    }

    Collection<LiveRows> all() {
        return List.copyOf(tables.values());
    }

    /** The dataset of a memtable, if the catalog still has it under its name. */
    Optional<Dataset> dataset(LiveRows live) {
        UUID id = live.dataset();
        DatasetName name = names.get(id);
        if (name == null) {
            Optional<Dataset> found = catalog.list().stream()
                    .filter(dataset -> dataset.id().equals(id))
                    .findFirst();
            found.ifPresent(dataset -> names.put(id, dataset.name()));
            return found;
        }
        return catalog.find(name).filter(dataset -> dataset.id().equals(id));
    }

    /** Lets go of a dataset's rows. */
    void discard(LiveRows live) {
        tables.remove(live.dataset(), live);
        names.remove(live.dataset());
        live.discard();
    }

    void discardAll() {
        all().forEach(this::discard);
    }

    LiveView view(DatasetName name) {
        for (int attempt = 0; attempt < MOST_TRIES; attempt++) {
            Snapshot snapshot = catalog.snapshot(name);
            LiveRows live = tables.get(snapshot.dataset().id());
            // a dataset that never had rows in memory has none that its snapshot lacks
            List<LiveBatch> above = live == null ? List.of() : live.above(snapshot.schema(), snapshot.logPosition());
            if (above != null) {
                return new HeldView(snapshot, above);
            }
        }
        throw new IllegalStateException(name + " is dropped and created, or flushed, again all the time");
    }

    /** The first log position some memtable needs; {@code otherwise} when none does. */
    long firstPosition(long otherwise) {
        long first = otherwise;
        for (LiveRows live : tables.values()) {
            first = Math.min(first, live.firstPosition());
        }
        return first;
    }
}
