package dev.varve.blobstore.object;

import java.io.OutputStream;
import java.nio.file.Path;

/** An object being written; closing it before it became part of a change leaves nothing. */
public interface ObjectDraft extends AutoCloseable {
    OutputStream out();

    /**
     * Where a writer that needs a file of its own puts the bytes instead of into {@link #out}. Only of
     * {@link ObjectWrite#isFile} drafts.
     */
    Path path();

    ObjectWrite write();

    @Override
    void close();
}
