/**
 * From SQL text to a planned query: words, grammar, names and types, conditions that prune, and the cut into leaves.
 *
 * <p>Knows no files, no threads of its own beyond parsing, and nothing of what runs the plan. The only package that
 * touches Calcite. The way of a query: {@code SqlText} (words) → Calcite's Babel parser → {@code Validation} (names, types)
 * → {@code Rules} (conditions move to the scans) → {@code LeafCutter} → {@code DuckDialect} (texts).
 */
@NullMarked
package dev.varve.query.sql;

import org.jspecify.annotations.NullMarked;
