package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Blobs that left the current state, until the grace for their readers is over.
 *
 * <p>Kept in memory only: what a crash leaves behind is found at the next start, when nobody reads it. Thread-safe.
 */
final class Garbage {
    private record Item(Instant since, String blob) {}

    private final BlobStore blobs;
    private final InstantSource clock;
    private final Duration grace;
    private final PriorityQueue<Item> items =
            new PriorityQueue<>((left, right) -> left.since().compareTo(right.since()));

    Garbage(BlobStore blobs, InstantSource clock, Duration grace) {
        this.blobs = blobs;
        this.clock = clock;
        this.grace = grace;
    }

    synchronized void add(Collection<String> gone) {
        Instant now = clock.instant();
        gone.forEach(blob -> items.add(new Item(now, blob)));
    }

    /** Deletes what is due and not in use; returns how many. */
    int collect(Supplier<Predicate<String>> used) {
        List<String> due = takeDue();
        if (due.isEmpty()) {
            return 0;
        }
        Predicate<String> inUse = used.get();
        List<String> deletable =
                due.stream().filter(blob -> !inUse.test(blob)).distinct().toList();
        blobs.delete(deletable);
        return deletable.size();
    }

    private synchronized List<String> takeDue() {
        Instant limit = clock.instant().minus(grace);
        List<String> due = new ArrayList<>();
        for (Item item = items.peek(); item != null && !item.since().isAfter(limit); item = items.peek()) {
            items.remove();
            due.add(item.blob());
        }
        return due;
    }
}
