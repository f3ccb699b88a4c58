package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.TimeRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes plausible data files of a dataset; their blobs hold a few bytes that are no Parquet. */
final class SampleFiles {
    static final Schema SCHEMA = new Schema(
            List.of(
                    new Column("station", ColumnType.STRING),
                    new Column("pm25", ColumnType.DOUBLE, "ug/m3", "mass_concentration_of_pm2p5_in_air"),
                    new Column("height", ColumnType.FLOAT, "m", null),
                    new Column("count", ColumnType.INT),
                    new Column("total", ColumnType.LONG),
                    new Column("ok", ColumnType.BOOLEAN),
                    new Column("day", ColumnType.DATE),
                    new Column("seen", ColumnType.TIMESTAMP),
                    new Column("raw", ColumnType.BINARY),
                    new Column("note", ColumnType.STRING)),
            List.of("station"),
            7);

    private static final long FEWEST_ROWS = 10;
    private static final long MOST_ROWS = 1_000_000;

    private final Dataset dataset;
    private final Random random;
    private final int writer;
    private long nextRun = 1;
    private int nextFile = 1;
    private long mostRows = MOST_ROWS;

    SampleFiles(Dataset dataset, long seed) {
        this(dataset, seed, 0);
    }

    /** Those of one writer of several. */
    SampleFiles(Dataset dataset, long seed, int writer) {
        this.writer = writer;
        this.dataset = dataset;
        this.random = new Random(seed);
    }

    /** Files of one run, with blobs. */
    List<DataFile> write(BlobStore blobs, int count, TimeGrain grain) {
        List<DataFile> files = files(count, grain);
        for (DataFile file : files) {
            try (BlobStore.Draft draft = blobs.create(file.blob())) {
                draft.out().write(new byte[] {1, 2, 3});
                draft.commit();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return files;
    }

    /** What a compaction of such files could write: one file, with no more rows than they have. */
    List<DataFile> compact(BlobStore blobs, TimeGrain grain) {
        mostRows = FEWEST_ROWS;
        List<DataFile> files = write(blobs, 1, grain);
        mostRows = MOST_ROWS;
        return files;
    }

    /** Files of one run, without blobs. */
    List<DataFile> files(int count, TimeGrain grain) {
        long run = nextRun++;
        List<DataFile> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int bucket = grain == TimeGrain.NONE ? 0 : random.nextInt(-20, 20);
            TimeRange range = grain.rangeOf(bucket);
            long start = Math.max(range.startMicros(), -1_000_000_000_000L);
            long end = Math.min(range.endMicros(), Math.max(start + 1, 1_000_000_000_000L));
            if (grain != TimeGrain.NONE) {
                start = range.startMicros();
                end = range.endMicros();
            }
            long first = random.nextLong(start, end);
            long last = random.nextLong(first, end);
            long rows = random.nextLong(FEWEST_ROWS, mostRows + 1);
            files.add(new DataFile(
                    dataset.location() + "/data/" + (writer == 0 ? "" : writer + "-") + nextFile++ + ".parquet",
                    rows,
                    rows * 10,
                    run,
                    grain,
                    bucket,
                    first,
                    last,
                    random.nextInt(10) == 0 ? null : cells(),
                    Map.of(
                            "station", new ColumnBounds("a\uD83D\uDE00" + random.nextInt(100), "z\u00E9", 0),
                            "pm25", new ColumnBounds(-1.5 - random.nextInt(10), random.nextDouble(), 3),
                            "height", new ColumnBounds((double) 0.1f, (double) 9.7f, 1),
                            "count", new ColumnBounds(-5L, 17L, 0),
                            "total", new ColumnBounds(Long.MIN_VALUE, 1L << 40, 0),
                            "ok", new ColumnBounds(0L, 1L, 0),
                            "day", new ColumnBounds(-400L, 19_000L, 2),
                            "seen", new ColumnBounds(-1L, 5L, 2),
                            "note", new ColumnBounds(null, null, rows))));
        }
        return files;
    }

    private CellBounds cells() {
        long first = random.nextLong(1L << 59);
        return new CellBounds(first, first + random.nextLong(1L << 40));
    }
}
