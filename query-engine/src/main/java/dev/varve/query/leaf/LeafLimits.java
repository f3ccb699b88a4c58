package dev.varve.query.leaf;

import java.time.Duration;

/**
 * How far one query may go.
 *
 * @param rows the answer ends after so many; {@link Long#MAX_VALUE} for all
 * @param timeout from now until the last batch is fetched, waiting for a free slot included
 * @param stop ends the query from another thread
 */
public record LeafLimits(long rows, Duration timeout, Cancellation stop) {
    public LeafLimits {
        if (rows < 0) {
            throw new IllegalArgumentException("a limit of " + rows + " rows");
        }
    }

    /** No limit of rows. */
    public static LeafLimits within(Duration timeout) {
        return new LeafLimits(Long.MAX_VALUE, timeout, new Cancellation());
    }
}
