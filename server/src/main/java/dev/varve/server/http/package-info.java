/**
 * The HTTP face of a node: routes, limits, bodies in and results out.
 *
 * <p>Knows the parts it was given, not how they were put together.
 */
@NullMarked
package dev.varve.server.http;

import org.jspecify.annotations.NullMarked;
