/**
 * Looking at a node and its cluster: what is not as it should be becomes health, alarms and gauges.
 *
 * <p>Knows what is wrong with what. Must not know how people are told, nor HTTP.
 */
@NullMarked
package dev.varve.server.watch;

import org.jspecify.annotations.NullMarked;
