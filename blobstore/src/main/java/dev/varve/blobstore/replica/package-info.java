/**
 * Chunks on several nodes: who holds which placement group, and how a replica comes to be whole, stays whole and leaves.
 *
 * <p>Knows chunks, the nodes that hold them and how to ask those. Must not know objects, metadata, logs or who decides about
 * placement.
 */
@NullMarked
package dev.varve.blobstore.replica;

import org.jspecify.annotations.NullMarked;
