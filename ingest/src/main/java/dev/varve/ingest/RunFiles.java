package dev.varve.ingest;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.parquet.RowSource;
import dev.varve.model.TimeGrain;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Sorts the rows of a memtable and writes them to the files of one run, cut by time. */
final class RunFiles {
    private static final int MOST_FILES = 400;
    /** So many time buckets get a file each, however few rows they have: rows of the day, and some of the night before. */
    private static final int FEW_FILES = 4;

    private final IngestConfig config;
    private final FileWriting files;
    private final Flusher.FaultPoint faults;

    RunFiles(IngestConfig config, FileWriting files, Flusher.FaultPoint faults) {
        this.config = config;
        this.files = files;
        this.faults = faults;
    }

    /**
     * Writes frozen rows and returns the grain of the files.
     *
     * @param written gets each file as it is finished
     */
    TimeGrain write(Snapshot snapshot, LiveRows.Frozen frozen, List<DataFile> written) {
        List<VectorSchemaRoot> batches =
                frozen.batches().stream().map(LiveBatch::rows).toList();
        long run = frozen.end();
        Dataset dataset = snapshot.dataset();
        BitSet superseded = snapshot.schema().isKeyed()
                ? RowKeys.superseded(batches, snapshot.schema().key())
                : new BitSet();
        RowOrder order = RowOrder.of(batches, superseded);
        TimeGrain grain = grain(snapshot, order);
        TimeCut cut = cut(order, grain);
        List<int[]> rowsOfParts = split(order, cut);
        RowSource source = new RowSource(files.layout(dataset, 1), batches);
        for (int part = 0; part < rowsOfParts.size(); part++) {
            int[] rows = rowsOfParts.get(part);
            TimeBucket bucket = cut.parts().get(part).bucket();
            try (FileWriting.NewFile file = files.create(dataset, files.layout(dataset, rows.length), run, bucket)) {
                file.write(source, rows, rows.length);
                written.add(file.finish());
            }
            faults.reached("file");
        }
        return grain;
    }

    private TimeCut cut(RowOrder order, TimeGrain grain) {
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (long micros : order.micros()) {
            first = Math.min(first, micros);
            last = Math.max(last, micros);
        }
        DayCounts days = new DayCounts(first, last);
        for (long micros : order.micros()) {
            days.add(micros);
        }
        return TimeCut.of(days, new TimeCut.Worth(grain, config.fileMinRows()), FEW_FILES, MOST_FILES);
    }

    private static TimeGrain grain(Snapshot snapshot, RowOrder order) {
        if (snapshot.id() == 0 && snapshot.grain() != null) {
            return snapshot.grain();
        }
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (long micros : order.micros()) {
            first = Math.min(first, micros);
            last = Math.max(last, micros);
        }
        for (DataFile file : snapshot.files()) {
            first = Math.min(first, file.firstMicros());
            last = Math.max(last, file.lastMicros());
        }
        return GrainChoice.choose(snapshot.grain(), snapshot.rows() + order.rows().length, first, last);
    }

    /** Row numbers by part, each in order. */
    private static List<int[]> split(RowOrder order, TimeCut cut) {
        int[] rows = order.rows();
        if (cut.parts().size() == 1) {
            return List.of(rows);
        }
        List<int[]> split = new ArrayList<>();
        cut.parts().forEach(part -> split.add(new int[Math.toIntExact(part.rows())]));
        int[] filled = new int[split.size()];
        for (int i = 0; i < rows.length; i++) {
            int part = cut.partOf(order.micros()[i]);
            split.get(part)[filled[part]++] = rows[i];
        }
        return split;
    }
}
