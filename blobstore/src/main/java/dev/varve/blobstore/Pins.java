package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Chunks that somebody reads, and that must stay. Thread-safe. */
final class Pins {
    private final Map<ChunkId, Integer> counts = new ConcurrentHashMap<>();

    void add(Collection<ChunkId> chunks) {
        chunks.forEach(chunk -> counts.merge(chunk, 1, Integer::sum));
    }

    void remove(Collection<ChunkId> chunks) {
        chunks.forEach(chunk -> counts.computeIfPresent(chunk, (id, count) -> count == 1 ? null : count - 1));
    }

    void forEach(Consumer<ChunkId> sink) {
        counts.keySet().forEach(sink);
    }

    boolean contains(ChunkId chunk) {
        return counts.containsKey(chunk);
    }
}
