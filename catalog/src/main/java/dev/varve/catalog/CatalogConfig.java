package dev.varve.catalog;

import java.time.Duration;

/**
 * How long the catalog keeps what is no longer current.
 *
 * @param grace how long a blob stays after it left the current snapshot; longer than any query may run
 * @param history how long a snapshot stays in its table after the next one came
 * @param keptSnapshots snapshots of a table that stay at most (twice as many between clean-ups)
 * @param looseManifests manifests of a table above which a commit merges them
 */
public record CatalogConfig(Duration grace, Duration history, int keptSnapshots, int looseManifests) {
    public static final CatalogConfig DEFAULT = new CatalogConfig(Duration.ofMinutes(10), Duration.ofHours(1), 50, 50);

    public CatalogConfig {
        if (grace.isNegative() || history.isNegative() || keptSnapshots < 1 || looseManifests < 2) {
            throw new IllegalArgumentException("grace " + grace + ", history " + history + ", kept snapshots "
                    + keptSnapshots + ", loose manifests " + looseManifests);
        }
    }
}
