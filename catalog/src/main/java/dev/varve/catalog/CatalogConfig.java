package dev.varve.catalog;

import java.time.Duration;

/**
 * How long the catalog keeps what is no longer current.
 *
 * @param grace how long a blob stays after it left the current snapshot; longer than any query may run
 * @param history how long a snapshot stays in its table after the next one came
 * @param keptSnapshots snapshots of a table that stay at most (twice as many between clean-ups)
 * @param looseManifests manifests of a table above which a commit merges them
 * @param isShared whether other processes change the same tables: then what is asked for is looked up first
 */
public record CatalogConfig(Duration grace, Duration history, int keptSnapshots, int looseManifests, boolean isShared) {
    public static final CatalogConfig DEFAULT =
            new CatalogConfig(Duration.ofMinutes(10), Duration.ofHours(1), 50, 50, false);

    public CatalogConfig {
        if (grace.isNegative() || history.isNegative() || keptSnapshots < 1 || looseManifests < 2) {
            throw new IllegalArgumentException("grace " + grace + ", history " + history + ", kept snapshots "
                    + keptSnapshots + ", loose manifests " + looseManifests);
        }
    }

    /** The same for tables that other processes change too. */
    public CatalogConfig shared() {
        return new CatalogConfig(grace, history, keptSnapshots, looseManifests, true);
    }
}
