package dev.varve.blobstore.object;

import java.time.Instant;

/** Keeps a version from being deleted until a time. */
public record Retention(Mode mode, Instant until) {
    /** Who may shorten it. */
    public enum Mode {
        /** Callers that ask to bypass it and may. */
        GOVERNANCE,
        /** Nobody. */
        COMPLIANCE
    }
}
