package dev.varve.server.s3;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings.LifecycleRule;
import dev.varve.blobstore.object.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Optional;

/** When lifecycle rules will delete an object, as the header {@code x-amz-expiration} says it. */
final class Expiry {
    private Expiry() {}

    static Optional<String> header(Bucket bucket, StoredObject object) {
        return bucket.settings().lifecycle().stream()
                .filter(rule -> rule.isEnabled()
                        && rule.currentDays() > 0
                        && object.key().startsWith(rule.prefix())
                        && object.tags().entrySet().containsAll(rule.tags().entrySet()))
                .min(Comparator.comparingInt(LifecycleRule::currentDays))
                .map(rule -> "expiry-date=\"" + ReadOperations.httpDate(end(object, rule)) + "\", rule-id=\""
                        + PercentCoding.encode(rule.id()) + "\"");
    }

    /** Objects go at the midnight after their days have passed. */
    private static Instant end(StoredObject object, LifecycleRule rule) {
        Instant passed = object.lastModified().plus(Duration.ofDays(rule.currentDays()));
        Instant midnight = passed.truncatedTo(ChronoUnit.DAYS);
        return midnight.equals(passed) ? passed : midnight.plus(1, ChronoUnit.DAYS);
    }
}
