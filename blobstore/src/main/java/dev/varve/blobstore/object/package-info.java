/**
 * Buckets, keys, versions and what is known of them, as values.
 *
 * <p>Knows no chunks, disks or commits. The names are those of the Amazon S3 API where it has one.
 */
@NullMarked
package dev.varve.blobstore.object;

import org.jspecify.annotations.NullMarked;
