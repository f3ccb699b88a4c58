package dev.varve.blobstore;

import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.meta.MetaReads;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of all shards on this node, and the logs they follow, from their opening until they are closed or damaged. */
final class SharedRows implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedRows.class);
    static final String ROWS = "rows";
    private static final String DAMAGED = "rows.damaged";

    /**
     * What rows are opened with.
     *
     * @param directory in which they lie
     * @param logs opens the log of a name; asked for the same again after the one before was closed
     */
    record Opening(
            Path directory,
            MetaConfig config,
            Chunks chunks,
            Function<String, SharedLog> logs,
            Alarms alarms,
            Disk disk) {}

    private final Opening opening;
    private final MetaState state;
    private final MetaReads reads;
    private final FlushTimer flusher;
    private final List<SharedShard> shards = new ArrayList<>();

    private SharedRows(Opening opening, MetaState state) {
        this.opening = opening;
        this.state = state;
        this.reads = state.reads();
        this.flusher = new FlushTimer(opening.config(), this::flush);
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            SharedLog log = opening.logs().apply(SharedShard.logName(shard));
            shards.add(new SharedShard(shard, state, log, opening.chunks(), flusher::applied, opening.alarms()));
        }
    }

    /**
     * Opens or makes the rows, and begins to follow the logs.
     *
     * @param mended takes what is damaged and is loaded again
     */
    static SharedRows open(Opening opening, Consumer<StoreStatus.Damage> mended) {
        SharedRows opened = new SharedRows(opening, openState(opening, mended));
        opened.flusher.start();
        opened.shards.forEach(SharedShard::follow);
        return opened;
    }

    private static MetaState openState(Opening opening, Consumer<StoreStatus.Damage> mended) {
        Path directory = opening.directory().resolve(ROWS);
        makeDirectory(opening.disk(), directory);
        try {
            return MetaState.open(directory, opening.disk());
        } catch (VarveException e) {
            if (e.code() != ErrorCode.CORRUPT) {
                throw e;
            }
            LOG.error("the metadata of this node are damaged and are loaded again", e);
            mended.accept(new StoreStatus.Damage("meta/" + ROWS, 0, String.valueOf(e.getMessage())));
            putAside(opening);
            return MetaState.open(directory, opening.disk());
        }
    }

    private static void makeDirectory(Disk disk, Path directory) {
        try {
            disk.createDirectories(directory.toAbsolutePath());
        } catch (IOException e) {
            throw Disk.failure("make " + directory, e);
        }
    }

    /** Keeps what is damaged for whoever wants to know why, until the next time. */
    private static void putAside(Opening opening) {
        Path damaged = opening.directory().resolve(DAMAGED);
        try {
            if (Files.exists(damaged)) {
                try (Stream<Path> files = Files.walk(damaged)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
            Files.move(opening.directory().resolve(ROWS), damaged, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Disk.failure("put aside the damaged rows in " + opening.directory(), e);
        }
        makeDirectory(opening.disk(), opening.directory().resolve(ROWS));
    }

    MetaState state() {
        return state;
    }

    MetaReads reads() {
        return reads;
    }

    SharedShard shard(int shard) {
        return shards.get(shard);
    }

    List<SharedShard> shards() {
        return shards;
    }

    Path directory() {
        return opening.directory().resolve(ROWS);
    }

    int[] exchanges() {
        int[] exchanges = new int[MetaState.SHARDS];
        for (int shard = 0; shard < exchanges.length; shard++) {
            exchanges[shard] = state.exchanges(shard);
        }
        return exchanges;
    }

    StoreStatus.Damage damage(Flaw flaw) {
        Path directory = opening.directory();
        String name = flaw.file().startsWith(directory)
                ? directory.relativize(flaw.file()).toString()
                : flaw.file().toString();
        return new StoreStatus.Damage("meta/" + name, flaw.offset(), flaw.reason());
    }

    void flush() {
        state.flush();
    }

    /** Closes what is damaged, from now on read by nobody, and puts it aside. */
    void closeDamaged() {
        shards.forEach(SharedShard::stop);
        for (int shard = 0; shard < MetaState.SHARDS; shard++) {
            state.withdraw(shard);
        }
        closeAll(false);
        putAside(opening);
    }

    @Override
    public void close() {
        closeAll(true);
    }

    private void closeAll(boolean flushes) {
        if (!flusher.stop()) {
            return;
        }
        // Each tells the others that it leads no more, and waits for it.
        shards.parallelStream().forEach(SharedShard::close);
        try {
            flusher.await();
            if (flushes) {
                flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (VarveException e) {
            LOG.warn("could not flush the metadata; the next start applies more of the logs", e);
        } finally {
            state.close();
        }
    }
}
