package dev.varve.server.s3;

import dev.varve.server.keys.AccessKey;
import java.util.Optional;

/**
 * Who asks.
 *
 * @param key empty for anonymous requests
 */
record Caller(Optional<AccessKey> key) {
    static final Caller ANONYMOUS = new Caller(Optional.empty());

    boolean isAnonymous() {
        return key.isEmpty();
    }

    /** The user's name; {@code anonymous} for nobody. */
    String user() {
        return key.map(AccessKey::user).orElse("anonymous");
    }
}
