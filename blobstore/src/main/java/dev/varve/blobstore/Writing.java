package dev.varve.blobstore;

/** A write under way, and when its chunks are born. */
interface Writing extends AutoCloseable {
    long epoch();

    /** The write has ended: what it wrote is referred to, or never will be. */
    @Override
    void close();
}
