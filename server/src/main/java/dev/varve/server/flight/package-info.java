/**
 * The Arrow Flight face of a node: results out, batches in.
 *
 * <p>Knows the parts it was given, not how they were put together. The only package that touches Flight.
 */
@NullMarked
package dev.varve.server.flight;

import org.jspecify.annotations.NullMarked;
