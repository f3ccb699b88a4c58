package dev.varve.blobstore.media;

/**
 * How much is done for one medium.
 *
 * @param readBytes read of it to learn its facts
 * @param steps boxes, chunks and entries looked at
 * @param trackBytes read of a track
 * @param trackPoints kept of a track
 */
public record MediaLimits(long readBytes, int steps, long trackBytes, int trackPoints) {
    public static final MediaLimits DEFAULT = new MediaLimits(32L << 20, 20_000, 64L << 20, 500_000);
}
