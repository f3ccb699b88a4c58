/**
 * Arrow batches as JSON, CSV, tables and the other forms a result is sent in.
 *
 * <p>Knows no SQL, no HTTP and no datasets.
 */
@NullMarked
package dev.varve.server.format;

import org.jspecify.annotations.NullMarked;
