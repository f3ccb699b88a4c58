package dev.varve.query;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.ScanPlan;
import dev.varve.catalog.Snapshot;
import dev.varve.catalog.Snapshot.ClosedTimeRange;
import dev.varve.model.TimeRange;
import dev.varve.model.predicate.Predicate;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** The consistent views of a query's datasets and what each leaf reads of them; holds live rows until closed. */
final class OpenLeaves implements AutoCloseable {
    /** A leaf, the snapshot it reads and what is left of it after pruning. */
    record OpenLeaf(Snapshot snapshot, LeafInput input) {
        long liveRows() {
            return input.live().stream()
                    .mapToLong(VectorSchemaRoot::getRowCount)
                    .sum();
        }

        List<DataFile> files() {
            return input.files().files();
        }
    }

    private static final int SLICE_BITS = 5;

    private final Map<Dataset, Tables.View> views = new LinkedHashMap<>();
    private final List<OpenLeaf> leaves = new ArrayList<>();

    private OpenLeaves() {}

    static OpenLeaves open(Tables tables, List<LeafScan> scans) {
        OpenLeaves open = new OpenLeaves();
        try {
            for (LeafScan scan : scans) {
                open.add(scan, open.views.computeIfAbsent(scan.dataset(), tables::open));
            }
            return open;
        } catch (RuntimeException | Error e) {
            open.close();
            throw e;
        }
    }

    private void add(LeafScan scan, Tables.View view) {
        TimeRange wanted = time(scan.predicate());
        List<VectorSchemaRoot> live = new ArrayList<>();
        List<ClosedTimeRange> liveTimes = new ArrayList<>();
        Snapshot snapshot = view.snapshot();
        long lastInFiles =
                snapshot.files().stream().mapToLong(DataFile::lastMicros).max().orElse(Long.MIN_VALUE);
        for (VectorSchemaRoot batch : view.live()) {
            if (batch.getRowCount() > 0) {
                ClosedTimeRange times = times(batch);
                if (wanted.overlapsClosed(times.firstMicros(), times.lastMicros())) {
                    live.add(batch);
                    boolean mayReplace = snapshot.schema().isKeyed() && times.firstMicros() <= lastInFiles;
                    liveTimes.addAll(mayReplace ? slices(batch, times) : List.of(times));
                }
            }
        }
        ScanPlan plan = snapshot.plan(scan.predicate(), liveTimes);
        leaves.add(new OpenLeaf(snapshot, new LeafInput(scan, plan, live)));
    }

    private static TimeRange time(Predicate predicate) {
        return switch (predicate) {
            case Predicate.During(TimeRange range) -> range;
            case Predicate.And(List<Predicate> parts) ->
                parts.stream().map(OpenLeaves::time).reduce(TimeRange.ALWAYS, TimeRange::intersect);
            case Predicate.Within within -> TimeRange.ALWAYS;
            case Predicate.Between between -> TimeRange.ALWAYS;
        };
    }

    private static ClosedTimeRange times(VectorSchemaRoot batch) {
        TimeStampMicroVector time = (TimeStampMicroVector) batch.getVector(0);
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (int row = 0; row < batch.getRowCount(); row++) {
            long micros = time.get(row);
            first = Math.min(first, micros);
            last = Math.max(last, micros);
        }
        return new ClosedTimeRange(first, last);
    }

    /** The same times without the larger gaps: a few late rows do not make all times since then contested. */
    private static List<ClosedTimeRange> slices(VectorSchemaRoot batch, ClosedTimeRange times) {
        TimeStampMicroVector time = (TimeStampMicroVector) batch.getVector(0);
        long start = times.firstMicros();
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(times.lastMicros() - start) - SLICE_BITS);
        long[] first = new long[1 << SLICE_BITS];
        long[] last = new long[1 << SLICE_BITS];
        Arrays.fill(first, Long.MAX_VALUE);
        Arrays.fill(last, Long.MIN_VALUE);
        for (int row = 0; row < batch.getRowCount(); row++) {
            long micros = time.get(row);
            int slice = (int) ((micros - start) >>> shift);
            first[slice] = Math.min(first[slice], micros);
            last[slice] = Math.max(last[slice], micros);
        }
        List<ClosedTimeRange> slices = new ArrayList<>();
        for (int slice = 0; slice < first.length; slice++) {
            if (first[slice] <= last[slice]) {
                slices.add(new ClosedTimeRange(first[slice], last[slice]));
            }
        }
        return slices;
    }

    List<OpenLeaf> leaves() {
        return leaves;
    }

    List<LeafInput> inputs() {
        return leaves.stream().map(OpenLeaf::input).toList();
    }

    @Override
    public void close() {
        views.values().forEach(Tables.View::close);
    }
}
