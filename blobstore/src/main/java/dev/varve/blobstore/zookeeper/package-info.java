/**
 * Small values in ZooKeeper: registers that change by compare-and-set, and facts that are agreed on once.
 *
 * <p>Knows ZooKeeper. Must not know what the values mean, or the package above.
 */
@NullMarked
package dev.varve.blobstore.zookeeper;

import org.jspecify.annotations.NullMarked;
