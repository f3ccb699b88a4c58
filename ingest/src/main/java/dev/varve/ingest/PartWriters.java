package dev.varve.ingest;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.RowSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes some parts of a cut at once, each to files of a limited size; rows of other parts are passed over. Used by one
 * thread.
 */
final class PartWriters implements FileMerge.Sink, AutoCloseable {
    private static final int ORDER_ROWS = 8_192;

    private final FileWriting files;
    private final Dataset dataset;
    private final long run;
    private final long maxBytes;
    private final TimeCut cut;
    private final int from;
    private final List<Target> targets = new ArrayList<>();
    private final List<DataFile> written;

    /**
     * @param from first part to write
     * @param to after the last one
     * @param written gets the files as they are finished
     */
    PartWriters(
            FileWriting files,
            Dataset dataset,
            long run,
            long maxBytes,
            TimeCut cut,
            int from,
            int to,
            List<DataFile> written) {
        this.files = files;
        this.dataset = dataset;
        this.run = run;
        this.maxBytes = maxBytes;
        this.cut = cut;
        this.from = from;
        this.written = written;
        cut.parts().subList(from, to).forEach(part -> targets.add(new Target(part)));
    }

    /** Where the rows of one part go. */
    private final class Target {
        private final TimeCut.Part part;
        private final FileLayout layout;
        private final int[] order = new int[ORDER_ROWS];
        private int pending;
        private long lastCell;
        private FileWriting.@Nullable NewFile file;

        Target(TimeCut.Part part) {
            this.part = part;
            layout = files.layout(dataset, part.rows());
        }

        void add(RowSource source, long cell, int number) {
            FileWriting.NewFile open = file;
            // a cell is in one file
            if (open != null && open.bytesSoFar() >= maxBytes && cell != lastCell) {
                drain(source);
                finish();
            }
            if (pending == ORDER_ROWS) {
                drain(source);
            }
            lastCell = cell;
            order[pending++] = number;
        }

        void drain(RowSource source) {
            if (pending == 0) {
                return;
            }
            FileWriting.NewFile open = file;
            if (open == null) {
                open = files.create(dataset, layout, run, part.bucket());
                file = open;
            }
            open.write(source, order, pending);
            pending = 0;
        }

        void finish() {
            FileWriting.NewFile open = file;
            if (open != null) {
                written.add(open.finish());
                open.close();
                file = null;
            }
        }

        void close() {
            FileWriting.NewFile open = file;
            if (open != null) {
                open.close();
            }
        }
    }

    @Override
    public void row(RowSource source, long cell, long micros, int number) {
        int target = cut.partOf(micros) - from;
        if (target >= 0 && target < targets.size()) {
            targets.get(target).add(source, cell, number);
        }
    }

    @Override
    public void drain(RowSource source) {
        targets.forEach(target -> target.drain(source));
    }

    /** Writes what is pending and ends the files. */
    void finish() {
        targets.forEach(Target::finish);
    }

    @Override
    public void close() {
        targets.forEach(Target::close);
    }
}
