package dev.varve.blobstore;

/** When the chunks of one write were born; open as long as the write is under way. */
interface Birth extends AutoCloseable {
    long epoch();

    /** The write has ended: what it wrote is referred to, or never will be. */
    @Override
    void close();
}
