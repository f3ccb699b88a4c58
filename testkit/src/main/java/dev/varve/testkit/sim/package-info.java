/**
 * A cluster in one thread: a virtual clock, hosts with loops, a network, disks and a register service, with every fault
 * drawn from one seed. The same seed gives the same run, event for event.
 *
 * <p>Knows {@code dev.varve.model.host}, which it implements, and no protocol that runs in it.
 */
@NullMarked
package dev.varve.testkit.sim;

import org.jspecify.annotations.NullMarked;
