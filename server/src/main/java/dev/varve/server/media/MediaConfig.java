package dev.varve.server.media;

import java.time.Duration;

/**
 * How media are kept.
 *
 * @param reconcilePause how long to wait before media buckets are compared with their rows again, besides at the start
 * @param longestLink how long a link may be good for at most
 */
public record MediaConfig(Duration reconcilePause, Duration longestLink) {
    public static final MediaConfig DEFAULT = new MediaConfig(Duration.ofMinutes(10), Duration.ofDays(7));
}
