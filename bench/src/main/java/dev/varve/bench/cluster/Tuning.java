package dev.varve.bench.cluster;

import java.util.Map;

/** How nodes are configured. */
@SuppressWarnings("ImmutableEnumChecker") // the maps of Map.of do not change
enum Tuning {
    /** As by default. */
    DEFAULT(Map.of(), Map.of()),
    /** Little memory, and everything that happens rarely happens often. */
    HARSH(
            Map.of(
                    "memory.limit", "256MiB",
                    "query.memory-limit", "256MiB",
                    "query.threads", "1",
                    "flush.max-age", "4s",
                    "compaction.pause", "2s",
                    "garbage.pause", "5s",
                    "shutdown.drain", "10s"),
            Map.of("VARVE_HEAP", "400m", "VARVE_DIRECT_MEMORY", "1g"));

    private final Map<String, String> settings;
    private final Map<String, String> environment;

    Tuning(Map<String, String> settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = environment;
    }

    Map<String, String> settings() {
        return settings;
    }

    Map<String, String> environment() {
        return environment;
    }
}
