package dev.varve.blobstore.chunk;

/**
 * What one step of scrubbing did.
 *
 * @param bytes read and verified
 * @param isRoundDone whether with it everything has been read once more; the next step begins anew
 */
public record Scrub(long bytes, boolean isRoundDone) {}
