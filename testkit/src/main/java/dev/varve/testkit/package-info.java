/**
 * What the tests of several modules share: random places and regions, repeatable by their seed; in its sub-packages the
 * judge of histories and the simulated cluster.
 *
 * <p>Knows the model only; no production code may depend on it.
 */
@NullMarked
package dev.varve.testkit;

import org.jspecify.annotations.NullMarked;
