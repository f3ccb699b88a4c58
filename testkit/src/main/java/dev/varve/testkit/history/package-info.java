/**
 * Judges what clients saw: histories of concurrent operations, models of what they should mean, and the checker that
 * looks for an order in which every answer is right.
 *
 * <p>Knows neither stores nor the simulation; no production code may depend on it.
 */
@NullMarked
package dev.varve.testkit.history;

import org.jspecify.annotations.NullMarked;
