/**
 * What a node of a cluster does that a node alone does not.
 *
 * <p>Knows what nodes share besides rows and objects. Must not know how endpoints answer.
 */
@NullMarked
package dev.varve.server.cluster;

import org.jspecify.annotations.NullMarked;
