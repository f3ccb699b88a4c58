package dev.varve.blobstore;

import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaOp.Expiry.Kind;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings.LifecycleRule;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds what lifecycle rules let expire. It only proposes: the operation looks again whether a version is still what it was.
 * Used by one thread at a time.
 */
final class Expiry {
    private static final int PAGE = 1000;

    private final ObjectStore store;
    private final Shards shards;
    private final InstantSource clock;

    Expiry(ObjectStore store, Shards shards, InstantSource clock) {
        this.store = store;
        this.shards = shards;
        this.clock = clock;
    }

    int run() {
        int count = 0;
        for (Bucket bucket : shards.heard().buckets()) {
            if (!shards.keeps(MetaState.shardOf(bucket.name()))) {
                continue;
            }
            List<LifecycleRule> rules = bucket.settings().lifecycle().stream()
                    .filter(LifecycleRule::isEnabled)
                    .toList();
            try {
                count += rules.isEmpty() ? 0 : versions(bucket.name(), rules) + uploads(bucket.name(), rules);
            } catch (ObjectException e) {
                // The bucket was deleted meanwhile.
                if (e.problem() != ObjectProblem.NO_SUCH_BUCKET) {
                    throw e;
                }
            }
        }
        return count;
    }

    private int versions(String bucket, List<LifecycleRule> rules) {
        int count = 0;
        // The version before the one at hand, newer if it is of the same key.
        StoredObject newer = null;
        StoredObject pending = null;
        Optional<ObjectKey.Prefix> after = Optional.of(ObjectKey.Prefix.ALL);
        Optional<String> afterVersion = Optional.empty();
        while (after.isPresent()) {
            Listing page = store.listVersions(
                    new ListRequest(bucket, ObjectKey.Prefix.ALL, Optional.empty(), after.get(), afterVersion, PAGE));
            List<MetaOp.Expiry> expired = new ArrayList<>();
            for (StoredObject version : page.objects()) {
                if (pending != null && !pending.key().equals(version.key())) {
                    loneMarker(rules, pending).ifPresent(expired::add);
                }
                pending = version.isLatest() && version.isDeleteMarker() ? version : null;
                boolean isOlder = newer != null && newer.key().equals(version.key());
                expired(rules, version, isOlder ? newer : null).ifPresent(expired::add);
                newer = version;
            }
            after = page.nextAfter();
            afterVersion = page.nextAfterVersion();
            if (after.isEmpty() && pending != null) {
                loneMarker(rules, pending).ifPresent(expired::add);
            }
            if (!expired.isEmpty()) {
                count += (int) shards.call(new MetaOp.Expire(bucket, expired)).stream()
                        .filter(isDone -> isDone)
                        .count();
            }
        }
        return count;
    }

    private static Optional<MetaOp.Expiry> loneMarker(List<LifecycleRule> rules, StoredObject marker) {
        return rules.stream().anyMatch(rule -> rule.expiredDeleteMarkers() && applies(rule, marker))
                ? Optional.of(expiry(marker, Kind.MARKER))
                : Optional.empty();
    }

    private Optional<MetaOp.Expiry> expired(
            List<LifecycleRule> rules, StoredObject version, @Nullable StoredObject newer) {
        if (version.isLatest()) {
            boolean isDue = !version.isDeleteMarker()
                    && rules.stream()
                            .anyMatch(rule ->
                                    applies(rule, version) && isOver(version.lastModified(), rule.currentDays()));
            return isDue ? Optional.of(expiry(version, Kind.CURRENT)) : Optional.empty();
        }
        boolean isDue = newer != null
                && rules.stream()
                        .anyMatch(
                                rule -> applies(rule, version) && isOver(newer.lastModified(), rule.noncurrentDays()));
        return isDue ? Optional.of(expiry(version, Kind.NONCURRENT)) : Optional.empty();
    }

    private static MetaOp.Expiry expiry(StoredObject version, Kind kind) {
        return new MetaOp.Expiry(version.key(), version.versionId(), version.sequence(), kind);
    }

    private static boolean applies(LifecycleRule rule, StoredObject version) {
        return version.key().startsWith(rule.prefix())
                && version.tags().entrySet().containsAll(rule.tags().entrySet());
    }

    private boolean isOver(Instant since, int days) {
        return days > 0 && !since.plus(Duration.ofDays(days)).isAfter(clock.instant());
    }

    private int uploads(String bucket, List<LifecycleRule> rules) {
        int count = 0;
        Optional<ObjectKey.Prefix> after = Optional.of(ObjectKey.Prefix.ALL);
        Optional<String> afterId = Optional.empty();
        while (after.isPresent()) {
            Upload.Uploads page = store.uploads(
                    new ListRequest(bucket, ObjectKey.Prefix.ALL, Optional.empty(), after.get(), afterId, PAGE));
            for (Upload upload : page.uploads()) {
                boolean isDue = rules.stream()
                        .anyMatch(rule -> rule.tags().isEmpty()
                                && upload.write().key().startsWith(rule.prefix())
                                && isOver(upload.begun(), rule.uploadDays()));
                if (isDue) {
                    count += abort(bucket, upload);
                }
            }
            after = page.nextAfter();
            afterId = page.nextAfterId();
        }
        return count;
    }

    private int abort(String bucket, Upload upload) {
        try {
            store.abortUpload(bucket, upload.write().key(), upload.id());
            return 1;
        } catch (ObjectException e) {
            // It was completed or aborted meanwhile.
            if (e.problem() != ObjectProblem.NO_SUCH_UPLOAD) {
                throw e;
            }
            return 0;
        }
    }
}
