package dev.varve.blobstore.object;

import java.time.Instant;

/**
 * A named set of objects.
 *
 * @param owner access key's user that made it
 */
public record Bucket(String name, String owner, Instant created, BucketSettings settings) {}
