/**
 * The commit protocol of a shard as actors that send messages, run in the simulation: chunks on three hosts, a pointer in a
 * register, leaders that fight for it, clients whose histories are judged.
 *
 * <p>Knows no production class; {@link dev.varve.testkit.commit.PointerLog} keeps the place of the commit log.
 */
@NullMarked
package dev.varve.testkit.commit;

import org.jspecify.annotations.NullMarked;
