package dev.varve.catalog;

import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.predicate.Predicate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An immutable state of a dataset.
 *
 * @param id Iceberg snapshot id; 0 when nothing was ever committed
 * @param logPositions by shard of the log: rows of batches below it are in {@code files}, those at or above it are not; 0
 *     where there is none
 * @param grain how new files are partitioned; null while nothing has been flushed and none was asked for
 * @param files sorted by {@code firstMicros}
 */
public record Snapshot(
        Dataset dataset,
        long id,
        Map<Integer, Long> logPositions,
        @Nullable TimeGrain grain,
        List<DataFile> files) {
    public Snapshot {
        logPositions = logPositions.entrySet().stream()
                .filter(shard -> shard.getValue() != 0)
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
        files = files.stream()
                .sorted(Comparator.comparingLong(DataFile::firstMicros).thenComparing(DataFile::blob))
                .toList();
    }

    /** A state of a dataset whose log has one shard. */
    public Snapshot(Dataset dataset, long id, long logPosition, @Nullable TimeGrain grain, List<DataFile> files) {
        this(dataset, id, Map.of(0, logPosition), grain, files);
    }

    /** The position in the log, if that has one shard. */
    public long logPosition() {
        return logPosition(0);
    }

    public long logPosition(int shard) {
        return logPositions.getOrDefault(shard, 0L);
    }

    public Schema schema() {
        return dataset.schema();
    }

    public long rows() {
        return files.stream().mapToLong(DataFile::rows).sum();
    }

    public long bytes() {
        return files.stream().mapToLong(DataFile::bytes).sum();
    }

    /**
     * Which files a query must read; keeps too much rather than too little.
     *
     * @param live earliest and latest time of rows not yet in files that the query also reads
     */
    public ScanPlan plan(Predicate predicate, List<ClosedTimeRange> live) {
        return ScanPlan.of(this, predicate, live);
    }

    /** From the first to the last microsecond, both included. */
    public record ClosedTimeRange(long firstMicros, long lastMicros) {}
}
