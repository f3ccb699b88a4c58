/**
 * What the tests of several modules share: random places and regions, repeatable by their seed.
 *
 * <p>Knows the model only; no production code may depend on it.
 */
@NullMarked
package dev.varve.testkit;

import org.jspecify.annotations.NullMarked;
