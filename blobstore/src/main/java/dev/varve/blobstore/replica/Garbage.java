package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.StoredChunk;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Deletes chunks of this node that nothing refers to and nothing ever will. Used by one thread at a time. */
final class Garbage {
    /** Ids that are held in memory at once. */
    private static final int MOST_IDS = 1 << 20;

    private static final int PAGE = 2000;

    private final ChunkStore store;

    Garbage(ChunkStore store) {
        this.store = store;
    }

    /** Returns how many were deleted. */
    int collect(GarbageFacts facts) {
        GarbageRule rule = new GarbageRule(facts.floor(), facts::isBeforeStart);
        int count = 0;
        Set<ChunkId> unwanted = new HashSet<>();
        for (int group = 0; group < ChunkStore.GROUPS; group++) {
            List<StoredChunk> page = store.inventory(group, null, PAGE);
            while (!page.isEmpty()) {
                page.stream()
                        .filter(chunk -> rule.isCandidate(chunk.birth()))
                        .forEach(chunk -> unwanted.add(chunk.ref().id()));
                if (unwanted.size() >= MOST_IDS) {
                    count += delete(unwanted, facts);
                }
                page = store.inventory(group, page.getLast().ref().id(), PAGE);
            }
        }
        return count + delete(unwanted, facts);
    }

    private int delete(Set<ChunkId> unwanted, GarbageFacts facts) {
        if (unwanted.isEmpty()) {
            return 0;
        }
        facts.wanted(unwanted::remove);
        List<ChunkId> ids = new ArrayList<>(unwanted);
        unwanted.clear();
        int count = 0;
        for (int from = 0; from < ids.size(); from += PAGE) {
            count += store.delete(ids.subList(from, Math.min(ids.size(), from + PAGE)));
        }
        return count;
    }
}
