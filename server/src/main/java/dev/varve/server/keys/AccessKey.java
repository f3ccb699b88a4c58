package dev.varve.server.keys;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A key, all but its secret.
 *
 * @param user whose buckets it opens
 * @param grants what it opens besides
 * @param revoked since when it opens nothing
 */
public record AccessKey(String id, String user, List<Grant> grants, Instant created, Optional<Instant> revoked) {
    public AccessKey {
        grants = List.copyOf(grants);
    }
}
