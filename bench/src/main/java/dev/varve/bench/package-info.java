/**
 * Benchmarks: each prints a ratio against a named peer on the same data in the same run.
 *
 * <p>Measures a node from outside, as its users meet it; knows nothing of its inside but where its files lie and, to fill
 * them without a network, its store.
 */
@NullMarked
package dev.varve.bench;

import org.jspecify.annotations.NullMarked;
