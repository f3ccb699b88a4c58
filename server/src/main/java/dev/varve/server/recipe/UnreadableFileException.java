package dev.varve.server.recipe;

import java.io.IOException;

/** A file is not of the kind its recipe reads, so nothing of it is loaded. */
public final class UnreadableFileException extends IOException {
    private static final long serialVersionUID = 1L;

    UnreadableFileException(String message) {
        super(message);
    }
}
