package dev.varve.ingest;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.DatasetName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** The memtables of all datasets; thread-safe. */
final class MemTables {
    private final Catalog catalog;
    private final BufferAllocator memory;
    private final ConcurrentHashMap<UUID, LiveRows> tables = new ConcurrentHashMap<>();

    MemTables(Catalog catalog, BufferAllocator memory) {
        this.catalog = catalog;
        this.memory = memory;
    }

    LiveRows of(Dataset dataset) {
        return tables.computeIfAbsent(dataset.id(), id -> new LiveRows(dataset, memory));
    }

    @Nullable
    LiveRows find(UUID dataset) {
        return tables.get(dataset);
    }

    Collection<LiveRows> all() {
        return List.copyOf(tables.values());
    }

    /** Whether the catalog still has the dataset under its name. */
    boolean isPresent(LiveRows live) {
        Optional<Dataset> found = catalog.find(live.dataset().name());
        return found.isPresent() && found.get().id().equals(live.dataset().id());
    }

    /** Lets go of a dataset's rows; returns the bytes that were held. */
    long discard(LiveRows live) {
        tables.remove(live.dataset().id(), live);
        return live.discard();
    }

    LiveView view(DatasetName name) {
        for (int attempt = 0; attempt < 10; attempt++) {
            Snapshot snapshot = catalog.snapshot(name);
            LiveRows live = tables.get(snapshot.dataset().id());
            // a dataset that never had rows in memory has none that its snapshot lacks
            LiveView view = live == null
                    ? new LiveRows(snapshot.dataset(), memory).view(() -> catalog.snapshot(name))
                    : live.view(() -> catalog.snapshot(name));
            if (view != null) {
                return view;
            }
        }
        throw new IllegalStateException(name + " is dropped and created again all the time");
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
