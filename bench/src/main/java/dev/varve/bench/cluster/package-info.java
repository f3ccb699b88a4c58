/**
 * Runs real nodes, breaks things around them on purpose, measures them and judges what their clients saw.
 *
 * <p>Knows processes, networks and disks of this machine, and the wire. Must not know how nodes do what they do.
 */
@NullMarked
package dev.varve.bench.cluster;

import org.jspecify.annotations.NullMarked;
