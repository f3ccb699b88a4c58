package dev.varve.blobstore.object;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of one version of an object.
 *
 * @param versionId {@link #NULL_VERSION} in buckets without versioning
 * @param sequence position of its last change in the bucket's order of commits; grows with every change of the key
 * @param isLatest whether it is the key's current version
 * @param isDeleteMarker whether it says that the key was deleted; then it has no bytes
 * @param size in bytes
 * @param etag hexadecimal MD5 of the bytes, or {@code md5ofmd5s-parts}; without quotation marks
 * @param checksums that the writer asked for
 * @param partSizes bytes of each part of a multipart upload; empty if it was written at once
 * @param partChecksums of each part, of the algorithm of {@code checksums}; empty if the parts have none
 * @param headers content headers by lower-case name: {@code content-type}, {@code cache-control}, …
 * @param metadata the writer's own pairs
 */
public record StoredObject(
        ObjectKey key,
        String versionId,
        long sequence,
        boolean isLatest,
        boolean isDeleteMarker,
        Instant lastModified,
        long size,
        String etag,
        List<Checksum> checksums,
        List<Long> partSizes,
        List<Checksum> partChecksums,
        String owner,
        Map<String, String> headers,
        Map<String, String> metadata,
        Map<String, String> tags,
        Optional<Retention> retention,
        boolean legalHold) {
    public static final String NULL_VERSION = "null";

    public StoredObject {
        checksums = List.copyOf(checksums);
        partSizes = List.copyOf(partSizes);
        partChecksums = List.copyOf(partChecksums);
        headers = Map.copyOf(headers);
        metadata = Map.copyOf(metadata);
        tags = Map.copyOf(tags);
    }
}
