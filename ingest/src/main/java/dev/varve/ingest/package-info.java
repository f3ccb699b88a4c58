/**
 * From bytes a client sent to rows in files: decode, validate, log, hold, sort, write, compact.
 *
 * <p>Knows no SQL and no HTTP.
 */
@NullMarked
package dev.varve.ingest;

import org.jspecify.annotations.NullMarked;
