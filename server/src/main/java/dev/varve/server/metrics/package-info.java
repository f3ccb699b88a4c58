/**
 * Counts and durations of the node, as OpenMetrics text.
 *
 * <p>Knows nothing of what is counted.
 */
@NullMarked
package dev.varve.server.metrics;

import org.jspecify.annotations.NullMarked;
