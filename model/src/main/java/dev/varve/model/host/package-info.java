/**
 * What the code of a protocol may ask of the node it runs on: a loop with a clock, messages, files, a register. Real
 * nodes implement it over threads, sockets, disks and ZooKeeper, the simulation over a seed.
 *
 * <p>Knows no implementation, and nothing of what is sent or stored.
 */
@NullMarked
package dev.varve.model.host;

import org.jspecify.annotations.NullMarked;
