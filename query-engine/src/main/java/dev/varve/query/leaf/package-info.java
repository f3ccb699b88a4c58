/**
 * Runs planned queries with an embedded DuckDB over files and over rows not yet in files; answers are Arrow batches.
 *
 * <p>Knows nothing of Calcite, of how a query was planned, or of who asks. The only package that touches DuckDB.
 */
@NullMarked
package dev.varve.query.leaf;

import org.jspecify.annotations.NullMarked;
