package dev.varve.server;

import dev.varve.blobstore.StoreMaintenance;
import dev.varve.blobstore.StoreStatus;
import dev.varve.controller.Job;
import dev.varve.server.metrics.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What the store needs done from time to time, and what it tells. */
final class StoreJobs {
    private static final Duration OFTEN = Duration.ofMinutes(1);
    static final Duration SELDOM = Duration.ofHours(1);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private StoreJobs() {}

    static List<Job> of(StoreMaintenance store) {
        ScrubPace pace = new ScrubPace(() -> storedBytes(store.status()), () -> {
            long before = store.status().scrubbedBytes();
            store.scrub();
            return store.status().scrubbedBytes() - before;
        });
        return List.of(
                new Job("trash", OFTEN, () -> store.emptyTrash() < 0),
                new Job("segments", OFTEN, store::compactOnce),
                new Job("orphans", SELDOM, () -> store.collectOrphans() < 0),
                new Job("expiry", SELDOM, () -> store.expire() < 0),
                new Job("metadata scrub", SELDOM, () -> {
                    store.scrubMetadata();
                    return false;
                }),
                new Job("scrub", SECOND, () -> {
                    pace.tick();
                    return false;
                }));
    }

    private static long storedBytes(StoreStatus status) {
        return status.liveBytes() + status.deadBytes() + status.fileBytes();
    }

    static void register(Metrics metrics, StoreMaintenance store) {
        gauge(metrics, store, "varve_store_chunks", "Chunks on the disk.", StoreStatus::chunks);
        gauge(metrics, store, "varve_store_live_bytes", "Wanted bytes in segments.", StoreStatus::liveBytes);
        gauge(metrics, store, "varve_store_dead_bytes", "Bytes in segments to be freed.", StoreStatus::deadBytes);
        gauge(metrics, store, "varve_store_file_bytes", "Bytes of plain files.", StoreStatus::fileBytes);
        gauge(metrics, store, "varve_store_usable_bytes", "Bytes that can be written.", StoreStatus::usableBytes);
        gauge(metrics, store, "varve_store_scrubbed_bytes", "Bytes read again.", StoreStatus::scrubbedBytes);
        gauge(metrics, store, "varve_store_scrub_rounds", "Times all was read again.", StoreStatus::scrubRounds);
        gauge(
                metrics,
                store,
                "varve_store_damages",
                "Places found damaged.",
                status -> status.damages().size());
        gauge(
                metrics,
                store,
                "varve_store_mended",
                "Places found damaged that could be made again.",
                status -> status.mended().size());
    }

    private static void gauge(
            Metrics metrics, StoreMaintenance store, String name, String help, ToLongFunction<StoreStatus> value) {
        metrics.gauge(name, help, () -> Map.of("", value.applyAsLong(store.status())));
    }
}
