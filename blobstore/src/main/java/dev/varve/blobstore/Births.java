package dev.varve.blobstore;

import java.util.TreeMap;

/**
 * When the chunks of writes under way were born, counted in epochs, so that the floor below which unreferenced chunks are
 * garbage never rises above one of them. Thread-safe.
 */
final class Births {
    private final TreeMap<Long, Integer> underWay = new TreeMap<>();
    private long epoch = 1;

    /**
     * Goes on above all floors of earlier runs, whose writes have all ended.
     *
     * @param floor greatest floor so far
     */
    synchronized void startAbove(long floor) {
        epoch = Math.max(epoch, floor + 1);
    }

    /** A write under way. */
    private final class UnderWay implements Writing {
        private final long at;
        private boolean isOver;

        private UnderWay(long at) {
            this.at = at;
        }

        @Override
        public long epoch() {
            return at;
        }

        @Override
        public void close() {
            synchronized (Births.this) {
                if (!isOver) {
                    isOver = true;
                    underWay.computeIfPresent(at, (when, count) -> count == 1 ? null : count - 1);
                }
            }
        }
    }

    synchronized Writing begin() {
        underWay.merge(epoch, 1, Integer::sum);
        return new UnderWay(epoch);
    }

    /** Begins an epoch; returns the highest floor that no write under way was born below. */
    synchronized long advance() {
        epoch++;
        return underWay.isEmpty() ? epoch : underWay.firstKey();
    }
}
