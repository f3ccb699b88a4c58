/**
 * The node: how the parts are put together, started and stopped.
 *
 * <p>The only package that knows every part; holds no algorithm of its own.
 */
@NullMarked
package dev.varve.server;

import org.jspecify.annotations.NullMarked;
