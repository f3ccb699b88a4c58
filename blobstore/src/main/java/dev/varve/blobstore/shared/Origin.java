package dev.varve.blobstore.shared;

/**
 * A process that appends records.
 *
 * @param boot unlike that of any other process on the node
 */
record Origin(String node, long boot) {}
