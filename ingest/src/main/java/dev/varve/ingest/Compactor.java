package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.ParquetRowReader;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Merges files of one time bucket: many small ones, or of a keyed dataset those that may hold versions of the same rows.
 *
 * <p>What it writes takes the place of its input in the order of runs, so the input is a gapless piece of that order.
 * Flushes may add newer runs meanwhile; nothing else changes files. One compaction at a time, on whatever thread asks;
 * memory is one batch per input file, the hashes of a slice of the keys and one row group.
 */
final class Compactor {
    private static final long READER_BYTES = 256L << 20;

    private final IngestConfig config;
    private final Catalog catalog;
    private final BlobStore blobs;
    private final FileWriting files;
    private final BufferAllocator memory;
    private final InstantSource clock;
    private final CompactionChoice choice;
    private final ReentrantLock compacting = new ReentrantLock();
    private final AtomicLong compactions = new AtomicLong();

    Compactor(
            IngestConfig config,
            Catalog catalog,
            BlobStore blobs,
            FileWriting files,
            BufferAllocator memory,
            InstantSource clock) {
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
        List<Path> paths =
                input.stream().map(file -> blobs.localPath(file.blob())).toList();
        long rows = input.stream().mapToLong(DataFile::rows).sum();
        List<BitSet> leftOut = snapshot.schema().isKeyed()
                ? Supersession.find(
                        snapshot.schema().key(), input.size(), rows, (file, batches) -> read(paths.get(file), batches))
                : input.stream().map(file -> new BitSet()).toList();
        long expected = rows - leftOut.stream().mapToLong(BitSet::cardinality).sum();
        DataFile last = input.getLast();
        FileLayout layout = files.layout(dataset);
        List<DataFile> written = new ArrayList<>();
        try (FileMerge merge = FileMerge.open(layout, paths, leftOut, memory, READER_BYTES)) {
            while (merge.hasNext()) {
                written.add(files.write(
                        dataset,
                        layout,
                        last.run(),
                        last.grain(),
                        last.bucket(),
                        writer -> merge.writeTo(writer, config.fileMaxBytes())));
            }
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

    private void read(Path path, Supersession.Batches batches) {
        try (ParquetRowReader reader = ParquetRowReader.open(path, memory, FileMerge.BATCH_ROWS, READER_BYTES)) {
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
