package dev.varve.blobstore.object;

import java.util.Map;
import java.util.Optional;

/**
 * An object to be written, all but its bytes.
 *
 * @param owner user that writes it
 * @param headers content headers by lower-case name
 * @param metadata the writer's own pairs
 * @param retention or empty for the bucket's default
 * @param isFile whether the bytes lie in one plain file, which engines open in place
 */
public record ObjectWrite(
        String bucket,
        ObjectKey key,
        String owner,
        Map<String, String> headers,
        Map<String, String> metadata,
        Map<String, String> tags,
        Optional<Retention> retention,
        boolean legalHold,
        Condition condition,
        boolean isFile) {
    public ObjectWrite {
        headers = Map.copyOf(headers);
        metadata = Map.copyOf(metadata);
        tags = Map.copyOf(tags);
    }

    /** An object without anything but its bytes. */
    public static ObjectWrite of(String bucket, ObjectKey key, String owner) {
        return new ObjectWrite(
                bucket, key, owner, Map.of(), Map.of(), Map.of(), Optional.empty(), false, Condition.NONE, false);
    }

    public ObjectWrite withCondition(Condition changed) {
        return new ObjectWrite(bucket, key, owner, headers, metadata, tags, retention, legalHold, changed, isFile);
    }

    public ObjectWrite withHeaders(Map<String, String> changed) {
        return new ObjectWrite(bucket, key, owner, changed, metadata, tags, retention, legalHold, condition, isFile);
    }

    public ObjectWrite withMetadata(Map<String, String> changed) {
        return new ObjectWrite(bucket, key, owner, headers, changed, tags, retention, legalHold, condition, isFile);
    }

    public ObjectWrite asFile() {
        return new ObjectWrite(bucket, key, owner, headers, metadata, tags, retention, legalHold, condition, true);
    }
}
