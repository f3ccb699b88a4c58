package dev.varve.bench;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/**
 * The folder where the data of one size and seed lie; what is there already is used again.
 *
 * <p>{@code rows.arrows} holds all rows in order of arrival; {@code arrival/} the same as one Parquet file a day, as a
 * user without a lake would keep them; {@code random/} the same in random order; {@code lake/} a node's data folder, {@code runs/} another one's whose files are never
 * compacted.
 */
final class Workspace {
    private static final int RANDOM_FILES = 35;

    private final Path folder;
    private final StationNetwork network;
    private final Path parent;
    private final long rows;
    private final long seed;
    private final StoreSize storeSize;
    private final boolean hasPeer;
    private final BufferAllocator memory;

    /**
     * A workspace in a folder of many.
     *
     * @param hasPeer whether the store is measured beside another one
     */
    Workspace(Path parent, long rows, long seed, StoreSize storeSize, boolean hasPeer, BufferAllocator memory)
            throws IOException {
        this.parent = parent;
        this.folder = Files.createDirectories(parent.resolve(rows + "-rows-seed-" + seed));
        this.network = new StationNetwork(seed);
        this.rows = rows;
        this.seed = seed;
        this.storeSize = storeSize;
        this.hasPeer = hasPeer;
        this.memory = memory;
    }

    long seed() {
        return seed;
    }

    StoreSize storeSize() {
        return storeSize;
    }

    boolean hasPeer() {
        return hasPeer;
    }

    /** Where the store's benchmark works. */
    Path storeFolder() throws IOException {
        return Files.createDirectories(parent.resolve("store-" + storeSize.name() + "-seed-" + seed));
    }

    StationNetwork network() {
        return network;
    }

    long rows() {
        return rows;
    }

    Path lake() {
        return folder.resolve("lake");
    }

    Path runs() {
        return folder.resolve("runs");
    }

    /** A new reader of all rows in order of arrival. */
    ArrowStreamReader arrowRows() throws IOException {
        Path file = folder.resolve("rows.arrows");
        once(file, draft -> {
            try (NetworkReader reader = new NetworkReader(network, 0, rows, memory);
                    FileChannel channel =
                            FileChannel.open(draft, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                VectorSchemaRoot batch = reader.getVectorSchemaRoot();
                try (ArrowStreamWriter writer = new ArrowStreamWriter(batch, null, channel)) {
                    while (reader.loadNextBatch()) {
                        writer.writeBatch();
                    }
                }
            }
        });
        return new ArrowStreamReader(FileChannel.open(file, StandardOpenOption.READ), memory);
    }

    /** Glob of one file a day, rows in order of arrival. */
    String arrivalFiles() throws IOException {
        Path days = folder.resolve("arrival");
        once(days, draft -> {
            Files.createDirectories(draft);
            long perDay = (long) StationNetwork.STATIONS * StationNetwork.STEPS_PER_DAY;
            try (DuckDb duckdb = new DuckDb("", memory)) {
                for (long first = 0; first < rows; first += perDay) {
                    try (NetworkReader reader =
                            new NetworkReader(network, first, Math.min(perDay, rows - first), memory)) {
                        duckdb.executeOver(
                                reader,
                                "day",
                                "COPY (SELECT * FROM day) TO '%s' (FORMAT parquet)"
                                        .formatted(draft.resolve("day-%03d.parquet".formatted(first / perDay))));
                    }
                }
            }
        });
        return days + "/*.parquet";
    }

    /** Glob of files of the same number, rows in random order. */
    String randomFiles() throws IOException {
        String arrival = arrivalFiles();
        Path random = folder.resolve("random");
        once(random, draft -> {
            Files.createDirectories(draft);
            try (DuckDb duckdb = new DuckDb("", memory)) {
                for (int file = 0; file < RANDOM_FILES; file++) {
                    duckdb.execute("""
                            COPY (SELECT * FROM read_parquet('%s') WHERE hash(station, time) %% %d = %d
                                  ORDER BY hash(time, station)) TO '%s' (FORMAT parquet)""".formatted(
                                    arrival, RANDOM_FILES, file, draft.resolve("part-%03d.parquet".formatted(file))));
                }
            }
        });
        return random + "/*.parquet";
    }

    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Makes something once; a later run finds it. */
    interface Maker {
        void make(Path draft) throws Exception;
    }

    static void once(Path target, Maker maker) throws IOException {
        if (Files.exists(target)) {
            return;
        }
        System.err.println("preparing " + target.getFileName() + " …");
        Path draft = Path.of(target + ".draft");
        delete(draft);
        try {
            maker.make(draft);
        } catch (Exception failure) {
            throw new IOException("cannot prepare " + target, failure);
        }
        Files.move(draft, target);
    }
}
