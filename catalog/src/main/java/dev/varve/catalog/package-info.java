/**
 * Datasets, their snapshots and which file holds what; decides which files a predicate can skip.
 *
 * <p>Knows no SQL and no HTTP. Tables are Iceberg tables (format v2) that other engines open as they are; Iceberg is used
 * nowhere else.
 */
@NullMarked
package dev.varve.catalog;

import org.jspecify.annotations.NullMarked;
