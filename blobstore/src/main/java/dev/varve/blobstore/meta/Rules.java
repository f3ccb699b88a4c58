package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.Retention;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What must hold before a version may be written, changed or removed. */
final class Rules {
    private Rules() {}

    /**
     * Decides a caller's condition.
     *
     * @param current the key's current version; null if it has none
     */
    static void check(Condition condition, ObjectKey key, @Nullable ObjectRow current) {
        ObjectRow object = current == null || current.isDeleteMarker() ? null : current;
        if (object == null) {
            if (condition.ifMatch().isPresent()
                    || condition.ifLastModified().isPresent()
                    || condition.ifSize().isPresent()) {
                throw new ObjectException(ObjectProblem.NO_SUCH_KEY, "there is no object " + key);
            }
            check(condition.ifSequence().orElse(Condition.ABSENT) == Condition.ABSENT, key, "does not exist");
            return;
        }
        condition
                .ifMatch()
                .ifPresent(etag -> check(
                        etag.equals(Condition.ANY) || etag.equals(object.etag()), key, "has ETag " + object.etag()));
        condition
                .ifNoneMatch()
                .ifPresent(etag -> check(
                        !etag.equals(Condition.ANY) && !etag.equals(object.etag()), key, "has ETag " + object.etag()));
        condition
                .ifSequence()
                .ifPresent(
                        sequence -> check(sequence == object.sequence(), key, "is at sequence " + object.sequence()));
        condition
                .ifLastModified()
                .ifPresent(time -> check(
                        time.truncatedTo(ChronoUnit.SECONDS)
                                .equals(object.lastModified().truncatedTo(ChronoUnit.SECONDS)),
                        key,
                        "was modified " + object.lastModified()));
        condition.ifSize().ifPresent(size -> check(size == object.size(), key, "has " + object.size() + " bytes"));
    }

    private static void check(boolean holds, ObjectKey key, String found) {
        if (!holds) {
            throw new ObjectException(ObjectProblem.PRECONDITION_FAILED, "the object " + key + " " + found);
        }
    }

    /** Whether nobody, or only who bypasses governance, may remove a version. */
    static boolean isLocked(Step step, ObjectRow row, boolean bypassGovernance) {
        return row.legalHold()
                || row.retention()
                        .map(retention -> !step.hasPassed(retention.until())
                                && (retention.mode() == Retention.Mode.COMPLIANCE || !bypassGovernance))
                        .orElse(false);
    }

    static void checkRemovable(Step step, ObjectKey key, ObjectRow row, boolean bypassGovernance) {
        if (isLocked(step, row, bypassGovernance)) {
            throw locked(key, row);
        }
    }

    private static ObjectException locked(ObjectKey key, ObjectRow row) {
        String why = row.retention()
                .map(retention -> retention.mode() + " until " + retention.until())
                .orElse("legal hold");
        return new ObjectException(
                ObjectProblem.LOCKED, "version " + row.versionId() + " of " + key + " is kept: " + why);
    }

    /** A retention that has not ended may be made stricter by anybody; anything else in governance takes the bypass. */
    static void checkRetention(
            Step step, ObjectKey key, ObjectRow row, @Nullable Retention changed, boolean bypassGovernance) {
        Retention old = row.retention().orElse(null);
        if (old == null || step.hasPassed(old.until())) {
            return;
        }
        boolean isExtended = changed != null
                && changed.mode() == old.mode()
                && !changed.until().isBefore(old.until());
        boolean mayLoosen = old.mode() == Retention.Mode.GOVERNANCE && bypassGovernance;
        if (!isExtended && !mayLoosen) {
            throw locked(key, row);
        }
    }
}
