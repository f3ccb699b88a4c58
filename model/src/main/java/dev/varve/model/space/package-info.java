/**
 * Places on the WGS84 globe: regions with an exact test, and the H3 cells that cover them.
 *
 * <p>Knows no rows, files or SQL. The only package that touches the H3 library.
 */
@NullMarked
package dev.varve.model.space;

import org.jspecify.annotations.NullMarked;
