/**
 * Conditions on rows of time, place and value that statistics can refute.
 *
 * <p>Knows no files and no SQL.
 */
@NullMarked
package dev.varve.model.predicate;

import org.jspecify.annotations.NullMarked;
