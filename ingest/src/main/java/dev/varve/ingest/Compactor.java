package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.parquet.ParquetRowReader;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.TimeStampMicroVector;

/**
 * Merges files that {@link CompactionChoice} names, and cuts what it writes by time as {@link TimeCut} says.
 *
 * <p>What it writes takes the place of its input in the order of runs. Flushes may add newer runs meanwhile; nothing else
 * changes files. One compaction at a time, on whatever thread asks; memory is one batch per input file, the hashes of a
 * slice of the keys, a number per day and a row group for each of the parts that are written at once. More parts are
 * written in further passes over the input.
 */
final class Compactor {
    private static final long READER_BYTES = 256L << 20;
    private static final int MOST_PARTS = 64;
    private static final int PARTS_AT_ONCE = 16;

    private final IngestConfig config;
    private final Catalog catalog;
    private final BlobStore blobs;
    private final FileWriting files;
    private final BufferAllocator memory;
    private final InstantSource clock;
    private final CompactionChoice choice;
    private final Predicate<Dataset> mine;
    private final ReentrantLock compacting = new ReentrantLock();
    private final AtomicLong compactions = new AtomicLong();

    /** @param mine which datasets are left to this process */
    Compactor(
            IngestConfig config,
            Catalog catalog,
            BlobStore blobs,
            FileWriting files,
            BufferAllocator memory,
            InstantSource clock,
            Predicate<Dataset> mine) {
        this.mine = mine;
        this.config = config;
        this.catalog = catalog;
        this.blobs = blobs;
        this.files = files;
        this.memory = memory;
        this.clock = clock;
        this.choice = new CompactionChoice(config);
    }

    /** Compacts what needs it most in the first dataset that needs it; false when nothing does. */
    boolean compactOnce() {
        if (!compacting.tryLock()) {
            return false;
        }
        try {
            for (Dataset dataset : catalog.list()) {
                if (!mine.test(dataset)) {
                    continue;
                }
                Snapshot snapshot = catalog.snapshot(dataset.name());
                List<DataFile> input = choice.choose(snapshot, clock.millis());
                if (!input.isEmpty()) {
                    compact(snapshot, input);
                    return true;
                }
            }
            return false;
        } finally {
            compacting.unlock();
        }
    }

    /**
     * @param input in order of run, lowest first
     */
    private void compact(Snapshot snapshot, List<DataFile> input) {
        Dataset dataset = snapshot.dataset();
        List<Input> inputs = read(snapshot, input);
        long expected = inputs.stream()
                .mapToLong(file -> file.file().rows() - file.leftOut().cardinality())
                .sum();
        List<DataFile> written = new ArrayList<>();
        try {
            write(dataset, inputs, cut(snapshot, inputs), written);
        } catch (IOException e) {
            files.discard(written);
            throw unreadable(e);
        } catch (RuntimeException e) {
            files.discard(written);
            throw e;
        }
        long found = written.stream().mapToLong(DataFile::rows).sum();
        if (found != expected) {
            files.discard(written);
            throw new IllegalStateException(
                    "compaction of " + dataset.name() + " wrote " + found + " rows instead of " + expected);
        }
        try {
            catalog.replace(dataset.name(), input, written);
        } catch (VarveException e) {
            if (e.code() == ErrorCode.CONFLICT || e.code() == ErrorCode.DATASET_NOT_FOUND) {
                files.discard(written);
            }
            throw e;
        }
        compactions.incrementAndGet();
    }

    /** A file to merge and its rows that a higher version replaces. */
    private record Input(DataFile file, Path path, BitSet leftOut) {}

    private List<Input> read(Snapshot snapshot, List<DataFile> files) {
        List<Path> paths =
                files.stream().map(file -> blobs.localPath(file.blob())).toList();
        List<BitSet> leftOut = List.of();
        if (snapshot.schema().isKeyed()) {
            Set<String> wanted = new HashSet<>(snapshot.schema().key());
            wanted.add(Schema.TIME.name());
            wanted.add(Schema.VERSION.name());
            long rows = files.stream().mapToLong(DataFile::rows).sum();
            leftOut = Supersession.find(
                    snapshot.schema().key(),
                    files.size(),
                    rows,
                    (file, batches) -> read(paths.get(file), wanted, batches));
        }
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            inputs.add(new Input(files.get(i), paths.get(i), leftOut.isEmpty() ? new BitSet() : leftOut.get(i)));
        }
        return inputs;
    }

    private TimeCut cut(Snapshot snapshot, List<Input> inputs) {
        long first = inputs.stream()
                .mapToLong(input -> input.file().firstMicros())
                .min()
                .orElseThrow();
        long last = inputs.stream()
                .mapToLong(input -> input.file().lastMicros())
                .max()
                .orElseThrow();
        long rows = inputs.stream().mapToLong(input -> input.file().rows()).sum();
        if (rows < config.fileMinRows() || TimeBucket.around(first, last).grain() == TimeGrain.DAY) {
            return TimeCut.none(first, last, rows);
        }
        DayCounts days = new DayCounts(first, last);
        for (Input input : inputs) {
            int[] row = new int[1];
            read(input.path(), Set.of(Schema.TIME.name()), batch -> {
                TimeStampMicroVector times = (TimeStampMicroVector) batch.getVector(Schema.TIME.name());
                for (int i = 0; i < batch.getRowCount(); i++, row[0]++) {
                    if (!input.leftOut().get(row[0])) {
                        days.add(times.get(i));
                    }
                }
            });
        }
        return TimeCut.of(days, TimeCut.Worth.of(snapshot, config), 0, MOST_PARTS);
    }

    private void write(Dataset dataset, List<Input> inputs, TimeCut cut, List<DataFile> written) throws IOException {
        long run = inputs.getLast().file().run();
        for (int from = 0; from < cut.parts().size(); from += PARTS_AT_ONCE) {
            int to = Math.min(cut.parts().size(), from + PARTS_AT_ONCE);
            List<TimeCut.Part> parts = cut.parts().subList(from, to);
            List<Input> needed =
                    inputs.stream().filter(input -> isNeeded(input, parts)).toList();
            try (PartWriters writers =
                            new PartWriters(files, dataset, run, config.fileMaxBytes(), cut, from, to, written);
                    FileMerge merge = FileMerge.open(
                            files.layout(dataset, 1),
                            needed.stream().map(Input::path).toList(),
                            needed.stream().map(Input::leftOut).toList(),
                            memory,
                            READER_BYTES)) {
                merge.into(writers);
                writers.finish();
            }
        }
    }

    private static boolean isNeeded(Input input, List<TimeCut.Part> parts) {
        return parts.stream()
                .anyMatch(part -> part.bucket()
                        .range()
                        .overlapsClosed(input.file().firstMicros(), input.file().lastMicros()));
    }

    private void read(Path path, Set<String> wanted, Supersession.Batches batches) {
        try (ParquetRowReader reader =
                ParquetRowReader.open(path, memory, FileMerge.BATCH_ROWS, READER_BYTES, wanted::contains)) {
            while (reader.next()) {
                batches.batch(reader.root());
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static VarveException unreadable(IOException cause) {
        return new VarveException(ErrorCode.STORAGE, "a data file does not read: " + cause.getMessage(), cause);
    }

    long compactions() {
        return compactions.get();
    }
}
