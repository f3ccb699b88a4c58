package dev.varve.server.media;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.media.MediaFacts;
import dev.varve.blobstore.media.MediaReader;
import dev.varve.blobstore.media.MediaSource;
import dev.varve.blobstore.media.MediaType;
import dev.varve.blobstore.media.ThumbnailProcess;
import dev.varve.blobstore.media.Thumbnails;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes thumbnails in the background and keeps them as objects beside the originals.
 *
 * <p>They lie in bucket {@value #BUCKET} under {@code <bucket>/<SHA-256 of the key>/<ETag>/<side>.jpg}, so they belong to
 * bytes, not to names alone; a medium of which none can be made has {@code refused.txt} there, with the reason and the
 * limits that it holds for. One thread has them made by another process, one medium at a time, so the memory of one
 * decoding is all that is needed. What is missing after a crash, or was forgotten because too many were waiting, is made
 * when the media index walks by.
 */
final class MediaThumbnails implements AutoCloseable {
    static final String BUCKET = "varve-thumbnails";

    /** Types worth trying without being asked. */
    private static final Set<String> PICTURES =
            Set.of(MediaType.JPEG.mime(), MediaType.PNG.mime(), MediaType.GIF.mime());

    private static final Logger LOG = LoggerFactory.getLogger(MediaThumbnails.class);
    private static final String REFUSED = "refused.txt";
    private static final int MOST_WAITING = 10_000;
    /** How long the other process is kept when there is nothing to do. */
    private static final Duration REST = Duration.ofMinutes(1);

    private final ObjectStore objects;
    private final SortedSet<Integer> sides;
    private final String limits;
    private final MediaConfig config;
    private final ThumbnailProcess process;
    private final Thread thread;
    /** Media to be looked at, guarded by this. */
    private final LinkedHashMap<MediaRef, CompletableFuture<Void>> waiting = new LinkedHashMap<>();

    private boolean isClosed;

    MediaThumbnails(ObjectStore objects, MediaConfig config) {
        this.objects = objects;
        this.config = config;
        this.sides = new TreeSet<>(config.thumbnailSides());
        this.limits = config.thumbnails() + " heap=" + config.decoderHeapBytes();
        this.process = new ThumbnailProcess(config.thumbnails(), config.decoderHeapBytes());
        this.thread = Thread.ofPlatform().daemon().name("varve-thumbnails").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Completes when the medium has all the thumbnails it can have, or none if it is gone. */
    synchronized CompletableFuture<Void> upToDate(MediaRef ref) {
        if (isClosed || waiting.size() >= MOST_WAITING) {
            return CompletableFuture.failedFuture(new IllegalStateException("too many are waiting"));
        }
        CompletableFuture<Void> done = waiting.computeIfAbsent(ref, any -> new CompletableFuture<>());
        notifyAll();
        return done;
    }

    private static String folder(MediaRef ref) {
        return ref.bucket() + "/" + Sha256.hex(ref.key().bytes()) + "/";
    }

    private static ObjectKey key(MediaRef ref, StoredObject object, String name) {
        return ObjectKey.of(folder(ref) + object.etag() + "/" + name);
    }

    private Optional<StoredObject> find(ObjectKey key) {
        return objects.bucket(BUCKET)
                .flatMap(bucket -> objects.find(BUCKET, key, Optional.empty()))
                .filter(object -> !object.isDeleteMarker());
    }

    Optional<StoredObject> find(MediaRef ref, StoredObject object, int side) {
        return find(key(ref, object, side + ".jpg"));
    }

    List<Integer> sides() {
        return List.copyOf(sides);
    }

    /** Why there are none; empty if nobody tried yet within the limits of now. */
    Optional<String> refusal(MediaRef ref, StoredObject object) {
        return find(key(ref, object, REFUSED))
                .filter(reason -> limits.equals(reason.metadata().get("limits")))
                .map(reason -> reason.metadata().getOrDefault("reason", "unknown"));
    }

    private boolean isDone(MediaRef ref, StoredObject object) {
        return sides.stream().allMatch(side -> find(ref, object, side).isPresent())
                || refusal(ref, object).isPresent();
    }

    /** Told by the index; cheap when everything is there. Both are null when the medium is gone. */
    void look(MediaRef ref, @Nullable StoredObject object, @Nullable String type) {
        if (object == null || type == null) {
            if (objects.bucket(BUCKET).isPresent()) {
                var _ = upToDate(ref);
            }
        } else if (PICTURES.contains(type) && !isDone(ref, object)) {
            // One that does not get a place is found again by the next walk.
            var _ = upToDate(ref);
        }
    }

    private void run() {
        try {
            while (true) {
                MediaRef ref;
                CompletableFuture<Void> done;
                synchronized (this) {
                    while (waiting.isEmpty() && !isClosed) {
                        wait(REST.toMillis());
                        if (waiting.isEmpty()) {
                            process.rest();
                        }
                    }
                    if (isClosed) {
                        return;
                    }
                    Iterator<Map.Entry<MediaRef, CompletableFuture<Void>>> first =
                            waiting.entrySet().iterator();
                    Map.Entry<MediaRef, CompletableFuture<Void>> entry = first.next();
                    ref = entry.getKey();
                    done = entry.getValue();
                    first.remove();
                }
                try {
                    make(ref);
                    done.complete(null);
                } catch (RuntimeException | OutOfMemoryError e) {
                    // A thread's work ends here: the next picture may be a good one.
                    if (!isClosed()) {
                        LOG.warn("no thumbnails bucket={} key={}", ref.bucket(), ref.key(), e);
                    }
                    done.completeExceptionally(e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean isClosed() {
        return isClosed;
    }

    private void make(MediaRef ref) {
        Optional<StoredObject> found = objects.bucket(ref.bucket())
                .filter(MediaRef::mayBeIn)
                .flatMap(bucket -> objects.find(ref.bucket(), ref.key(), Optional.empty()))
                .filter(object -> !object.isDeleteMarker());
        removeOthers(ref, found);
        if (found.isEmpty() || isDone(ref, found.get())) {
            return;
        }
        StoredObject object = found.get();
        Map<Integer, byte[]> made = new TreeMap<>();
        String reason = "";
        try (ObjectReader reader = objects.open(ref.bucket(), object)) {
            MediaSource source = MediaRows.source(reader);
            MediaFacts facts = MediaReader.read(source, config.reading());
            made.putAll(process.make(source, facts, sides));
        } catch (Thumbnails.RefusedException e) {
            reason = String.valueOf(e.getMessage());
        } catch (ObjectException replacedMeanwhile) {
            return;
        }
        createBucket();
        if (made.isEmpty()) {
            ObjectWrite write = ObjectWrite.of(BUCKET, key(ref, object, REFUSED), MediaLibrary.OWNER)
                    .withMetadata(Map.of("reason", reason, "limits", limits));
            objects.put(write, Body.of(new ByteArrayInputStream(reason.getBytes(StandardCharsets.UTF_8))));
        }
        made.forEach((side, jpeg) -> objects.put(
                ObjectWrite.of(BUCKET, key(ref, object, side + ".jpg"), MediaLibrary.OWNER)
                        .withHeaders(Map.of("content-type", "image/jpeg")),
                Body.of(new ByteArrayInputStream(jpeg))));
    }

    private void createBucket() {
        if (objects.bucket(BUCKET).isEmpty()) {
            try {
                objects.createBucket(BUCKET, MediaLibrary.OWNER, BucketSettings.DEFAULT);
            } catch (ObjectException e) {
                if (e.problem() != ObjectProblem.BUCKET_EXISTS) {
                    throw e;
                }
            }
        }
    }

    /** Thumbnails of bytes that the medium has no more. */
    private void removeOthers(MediaRef ref, Optional<StoredObject> current) {
        if (objects.bucket(BUCKET).isEmpty()) {
            return;
        }
        String kept = current.map(object -> folder(ref) + object.etag() + "/").orElse("none");
        objects.list(ListRequest.of(BUCKET, ObjectKey.Prefix.of(folder(ref)))).objects().stream()
                .filter(object -> !object.key().text().startsWith(kept))
                .forEach(object -> objects.change(BUCKET, List.of(Change.Delete.of(object.key()))));
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
            waiting.values().forEach(done -> done.completeExceptionally(new IllegalStateException("closed")));
            waiting.clear();
        }
        process.close();
        try {
            thread.join(Duration.ofSeconds(40));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
