/**
 * Which nodes hold which replicas, and in which order replicas move.
 *
 * <p>Pure functions over values: nodes, who holds what, what was asked for, what was observed. Knows nothing of how nodes
 * find each other or are told, nor of clocks, disks and bytes. Others may use it: what is placed is everybody's word.
 */
@NullMarked
package dev.varve.controller.placement;

import org.jspecify.annotations.NullMarked;
