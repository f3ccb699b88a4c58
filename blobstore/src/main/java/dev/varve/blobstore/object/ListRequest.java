package dev.varve.blobstore.object;

import java.util.Optional;

/**
 * A page of a bucket in the order of keys.
 *
 * @param delimiter keys that share what comes before its next occurrence after the prefix are given as one prefix
 * @param after only keys behind this one, and common prefixes other than this one; empty for the start
 * @param afterVersion in listings of versions: only versions of {@code after} older than this one, too
 * @param most keys and prefixes together
 */
public record ListRequest(
        String bucket,
        ObjectKey.Prefix prefix,
        Optional<String> delimiter,
        ObjectKey.Prefix after,
        Optional<String> afterVersion,
        int most) {
    public static ListRequest of(String bucket, ObjectKey.Prefix prefix) {
        return new ListRequest(bucket, prefix, Optional.empty(), ObjectKey.Prefix.ALL, Optional.empty(), 1000);
    }
}
