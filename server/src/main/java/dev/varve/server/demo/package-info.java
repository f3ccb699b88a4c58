/**
 * A plausible station network, and the questions the demo asks of it.
 *
 * <p>Knows the SDK; must not know how a node is started.
 */
@NullMarked
package dev.varve.server.demo;

import org.jspecify.annotations.NullMarked;
