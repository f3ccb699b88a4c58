/**
 * Membership, and the delivery of placements, by Helix over ZooKeeper; the only owner of both libraries.
 *
 * <p>Knows how nodes, groups and replica states are written as Helix's instances, partitions and states. Must not know what
 * a replica contains. What Helix says is a hint: a replica is safe because the node that holds it checks before it lets go.
 * Nothing of this package is loaded by a node that is alone.
 */
@NullMarked
package dev.varve.controller.helix;

import org.jspecify.annotations.NullMarked;
