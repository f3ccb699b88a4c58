package dev.varve.blobstore.object;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a bucket's owner decides about it.
 *
 * @param objectLock whether versions can be locked; set when the bucket is made or later, never taken back, and only
 *     with {@link Versioning#ENABLED}
 * @param defaultRetention lock that new versions get when the writer names none
 * @param writeOnce whether a key that has an object refuses another one (the key-value store's write-once buckets)
 * @param publicRead whether anybody may read its objects without a key
 * @param lifecycle rules by which objects expire
 * @param tags of the bucket itself
 * @param documents configurations that are kept as they came, by name, for interfaces that give them back (as S3 does)
 */
public record BucketSettings(
        Versioning versioning,
        boolean objectLock,
        Optional<DefaultRetention> defaultRetention,
        boolean writeOnce,
        boolean publicRead,
        List<LifecycleRule> lifecycle,
        Map<String, String> tags,
        Map<String, String> documents) {
    /** Whether a new object under a used key replaces the old one or comes before it. */
    public enum Versioning {
        /** Never enabled: one version, with the id {@code null}. */
        OFF,
        ENABLED,
        /** Was enabled: new objects have the id {@code null}, older versions stay. */
        SUSPENDED
    }

    /** Retention by mode and a whole number of days from the time of writing. */
    public record DefaultRetention(Retention.Mode mode, int days) {}

    /**
     * A rule of expiry; days count from the time of writing, and 0 means never.
     *
     * @param prefix of the keys it applies to; empty for all
     * @param tags an object must have all of them
     * @param currentDays after which the current version is deleted (in versioned buckets: covered by a delete marker)
     * @param noncurrentDays after which a version is deleted, counted from when it ceased to be the current one
     * @param uploadDays after which an upload that was not completed is aborted
     * @param expiredDeleteMarkers whether delete markers that cover nothing are removed
     */
    public record LifecycleRule(
            String id,
            boolean isEnabled,
            ObjectKey.Prefix prefix,
            Map<String, String> tags,
            int currentDays,
            int noncurrentDays,
            int uploadDays,
            boolean expiredDeleteMarkers) {
        public LifecycleRule {
            tags = Map.copyOf(tags);
        }
    }

    public static final BucketSettings DEFAULT =
            new BucketSettings(Versioning.OFF, false, Optional.empty(), false, false, List.of(), Map.of(), Map.of());

    public BucketSettings {
        lifecycle = List.copyOf(lifecycle);
        tags = Map.copyOf(tags);
        documents = Map.copyOf(documents);
    }

    public BucketSettings withVersioning(Versioning changed) {
        return new BucketSettings(
                changed, objectLock, defaultRetention, writeOnce, publicRead, lifecycle, tags, documents);
    }

    public BucketSettings withObjectLock(boolean changed) {
        return new BucketSettings(
                versioning, changed, defaultRetention, writeOnce, publicRead, lifecycle, tags, documents);
    }

    public BucketSettings withDefaultRetention(Optional<DefaultRetention> changed) {
        return new BucketSettings(versioning, objectLock, changed, writeOnce, publicRead, lifecycle, tags, documents);
    }

    public BucketSettings withWriteOnce(boolean changed) {
        return new BucketSettings(
                versioning, objectLock, defaultRetention, changed, publicRead, lifecycle, tags, documents);
    }

    public BucketSettings withPublicRead(boolean changed) {
        return new BucketSettings(
                versioning, objectLock, defaultRetention, writeOnce, changed, lifecycle, tags, documents);
    }

    public BucketSettings withLifecycle(List<LifecycleRule> changed) {
        return new BucketSettings(
                versioning, objectLock, defaultRetention, writeOnce, publicRead, changed, tags, documents);
    }

    public BucketSettings withTags(Map<String, String> changed) {
        return new BucketSettings(
                versioning, objectLock, defaultRetention, writeOnce, publicRead, lifecycle, changed, documents);
    }

    public BucketSettings withDocuments(Map<String, String> changed) {
        return new BucketSettings(
                versioning, objectLock, defaultRetention, writeOnce, publicRead, lifecycle, tags, changed);
    }
}
