package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;

/**
 * A record with its tag.
 *
 * @param number counted by the origin, so that no record is taken twice
 * @param bytes not to be moved
 */
record Logged(Origin origin, long number, ByteBuffer bytes) {}
