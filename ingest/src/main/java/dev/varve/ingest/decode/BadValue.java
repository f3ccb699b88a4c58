package dev.varve.ingest.decode;

/** A value that its column cannot take; it carries only the reason, so that files full of them stay cheap. */
final class BadValue extends Exception {
    private static final long serialVersionUID = 1L;

    BadValue(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
