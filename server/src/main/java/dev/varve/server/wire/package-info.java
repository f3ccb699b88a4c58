/**
 * What every endpoint shares: how requests, answers and errors look on the wire, and the engine they ask.
 *
 * <p>Knows neither HTTP nor Flight nor how the node is put together.
 */
@NullMarked
package dev.varve.server.wire;

import org.jspecify.annotations.NullMarked;
