/**
 * From SQL to a plan to Arrow batches.
 *
 * <p>Knows no HTTP, no Helix and nothing of how rows come in; rows not yet in files arrive through {@link
 * dev.varve.query.Tables}.
 */
@NullMarked
package dev.varve.query;

import org.jspecify.annotations.NullMarked;
