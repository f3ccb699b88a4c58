package dev.varve.blobstore.media;

/** The bytes are not what their format says; the message becomes a note. */
final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException(String message) {
        super(message);
    }
}
