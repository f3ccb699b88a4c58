/**
 * How long a node waits for those it serves over HTTP.
 *
 * <p>Knows connections; not what is asked or answered on them.
 */
@NullMarked
package dev.varve.server.patience;

import org.jspecify.annotations.NullMarked;
