/**
 * How lines are logged, and by which id all lines of one request are found.
 *
 * <p>Knows logging. Must not know who logs what.
 */
@NullMarked
package dev.varve.server.log;

import org.jspecify.annotations.NullMarked;
