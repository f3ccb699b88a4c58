package dev.varve.blobstore.object;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What must hold of a key's current version for a change to take place; decided in the same step as the change.
 *
 * @param ifMatch its ETag, or {@code *} for any object. Without an object: {@link ObjectProblem#NO_SUCH_KEY}
 * @param ifNoneMatch an ETag it must not have, or {@code *}: there must be no object
 * @param ifSequence its {@link StoredObject#sequence}, or {@link #ABSENT}: there must be no object
 * @param ifLastModified its time, to the second
 * @param ifSize its size in bytes
 */
public record Condition(
        Optional<String> ifMatch,
        Optional<String> ifNoneMatch,
        OptionalLong ifSequence,
        Optional<Instant> ifLastModified,
        OptionalLong ifSize) {
    public static final long ABSENT = 0;
    public static final String ANY = "*";

    public static final Condition NONE = new Condition(
            Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.empty(), OptionalLong.empty());

    public static Condition matches(String etag) {
        return new Condition(
                Optional.of(etag), Optional.empty(), OptionalLong.empty(), Optional.empty(), OptionalLong.empty());
    }

    public static Condition noneMatches(String etag) {
        return new Condition(
                Optional.empty(), Optional.of(etag), OptionalLong.empty(), Optional.empty(), OptionalLong.empty());
    }

    public static Condition sequence(long expected) {
        return new Condition(
                Optional.empty(), Optional.empty(), OptionalLong.of(expected), Optional.empty(), OptionalLong.empty());
    }
}
