/**
 * What nodes know of each other, as values.
 *
 * <p>Knows what a node, a replica and a view of the cluster are. Must not know how any of it is found out or kept.
 */
@NullMarked
package dev.varve.model.cluster;

import org.jspecify.annotations.NullMarked;
