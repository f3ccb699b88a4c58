/**
 * Bytes that never lie: immutable blobs, small objects that change by compare-and-set, and the commit log.
 *
 * <p>Knows no rows, tables, SQL or HTTP.
 */
@NullMarked
package dev.varve.blobstore;

import org.jspecify.annotations.NullMarked;
