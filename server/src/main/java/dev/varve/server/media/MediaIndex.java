package dev.varve.server.media;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the dataset {@code media} equal to what is in the media buckets.
 *
 * <p>The rows are a function of the objects, and the rows themselves are the only memory of what has been done: each has
 * its object's sequence. One thread brings keys up to date that were told as committed, many at a time. At the start,
 * from time to time, and when more keys were told than are remembered, it walks through each bucket and its rows side by
 * side, both in the order of keys, and so finds whatever a crash, an expiry or a failure left undone. A failure leaves
 * keys undone until the next walk.
 */
final class MediaIndex implements AutoCloseable, ObservedObjects.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(MediaIndex.class);
    private static final int MOST_WAITING = 100_000;

    private final ObjectStore objects;
    private final RowUpdates updates;
    private final MediaWalk walk;
    private final Duration pause;
    private final Thread thread;
    /** Keys to be looked at, guarded by this; the value completes when that is done. */
    private final LinkedHashMap<MediaRef, CompletableFuture<Void>> waiting = new LinkedHashMap<>();

    private boolean mustWalk = true;
    private boolean isClosed;
    private CompletableFuture<Void> walked = new CompletableFuture<>();

    /** Told of each key whose row is up to date, on the indexing thread; must return at once. */
    interface Indexed {
        /** Both are null if there is no such medium. */
        void indexed(MediaRef ref, @Nullable StoredObject object, @Nullable String type);
    }

    MediaIndex(ObjectStore objects, MediaTable table, Answers answers, MediaConfig config, Indexed onIndexed) {
        this.objects = objects;
        this.updates = new RowUpdates(objects, table, answers, new MediaRows(objects, config.reading()), onIndexed);
        this.walk = new MediaWalk(objects, table, answers, updates, onIndexed);
        this.pause = config.reconcilePause();
        this.thread = Thread.ofPlatform().daemon().name("varve-media-index").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    @Override
    public void committed(String bucket, ObjectKey key) {
        if (objects.bucket(bucket).filter(MediaRef::mayBeIn).isPresent()) {
            var _ = upToDate(new MediaRef(bucket, key));
        }
    }

    @Override
    public void bucketChanged(String bucket) {
        synchronized (this) {
            mustWalk = true;
            notifyAll();
        }
    }

    /** Completes when the key's row is what its object says now, exceptionally if that failed. */
    synchronized CompletableFuture<Void> upToDate(MediaRef ref) {
        if (isClosed) {
            return CompletableFuture.failedFuture(new IllegalStateException("closed"));
        }
        CompletableFuture<Void> done = waiting.get(ref);
        if (done == null) {
            if (waiting.size() >= MOST_WAITING) {
                mustWalk = true;
                return walked;
            }
            done = new CompletableFuture<>();
            waiting.put(ref, done);
            notifyAll();
        }
        return done;
    }

    /** Completes when all buckets have been walked through from now on. */
    synchronized CompletableFuture<Void> walk() {
        mustWalk = true;
        notifyAll();
        return walked;
    }

    private void run() {
        long nextWalkNanos = System.nanoTime();
        try {
            while (true) {
                Map<MediaRef, CompletableFuture<Void>> batch = new LinkedHashMap<>();
                CompletableFuture<Void> walking = null;
                synchronized (this) {
                    while (waiting.isEmpty() && !mustWalk && !isClosed && nextWalkNanos - System.nanoTime() > 0) {
                        wait(Math.max(1, (nextWalkNanos - System.nanoTime()) / 1_000_000));
                    }
                    if (isClosed) {
                        return;
                    }
                    take(batch);
                    if (batch.isEmpty()) {
                        mustWalk = false;
                        walking = walked;
                        walked = new CompletableFuture<>();
                    }
                }
                if (walking == null) {
                    settle(batch);
                } else {
                    walkAll(walking);
                    nextWalkNanos = System.nanoTime() + pause.toNanos();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(Map<MediaRef, CompletableFuture<Void>> batch) {
        Iterator<Map.Entry<MediaRef, CompletableFuture<Void>>> first =
                waiting.entrySet().iterator();
        while (first.hasNext() && batch.size() < RowUpdates.MOST_AT_ONCE) {
            Map.Entry<MediaRef, CompletableFuture<Void>> entry = first.next();
            batch.put(entry.getKey(), entry.getValue());
            first.remove();
        }
    }

    private void settle(Map<MediaRef, CompletableFuture<Void>> batch) {
        try {
            updates.update(List.copyOf(batch.keySet()));
            batch.values().forEach(done -> done.complete(null));
        } catch (RuntimeException e) {
            // A thread's work ends here: it must go on with the next keys. The next walk finds these again.
            LOG.warn(
                    "media rows could not be written, they will be later keys={} first={}",
                    batch.size(),
                    batch.keySet().iterator().next(),
                    e);
            batch.values().forEach(done -> done.completeExceptionally(e));
        }
    }

    private void walkAll(CompletableFuture<Void> done) {
        try {
            int found = walk.all();
            if (found > 0) {
                LOG.info("media rows brought up to date keys={}", found);
            }
            done.complete(null);
        } catch (RuntimeException e) {
            LOG.warn("media buckets could not be compared with their rows, they will be later", e);
            done.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            waiting.values().forEach(done -> done.completeExceptionally(new IllegalStateException("closed")));
            waiting.clear();
            walked.completeExceptionally(new IllegalStateException("closed"));
        }
    }
}
