package dev.varve.blobstore.object;

import java.io.OutputStream;
import java.nio.file.Path;

/** An object being written; closing it before it became part of a change leaves nothing. */
public interface ObjectDraft extends AutoCloseable {
    OutputStream out();

    /** Where its bytes lie, for writers that need a file of their own. Only of {@link ObjectWrite#isFile} drafts. */
    Path path();

    ObjectWrite write();

    @Override
    void close();
}
