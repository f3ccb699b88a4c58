/**
 * What time, place, schema, predicate and error mean, as values.
 *
 * <p>Knows no files, threads, SQL or HTTP.
 */
@NullMarked
package dev.varve.model;

import org.jspecify.annotations.NullMarked;
