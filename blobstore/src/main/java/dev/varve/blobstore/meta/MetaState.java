package dev.varve.blobstore.meta;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.rocksdb.WriteBatch;

/**
 * The rows of all shards, changed by applying batches of each shard's log in their order.
 *
 * <p>Rows and the position up to which they contain the log change together. Nothing is durable before {@link #flush}:
 * after a crash the head of a shard says from where its log has to be applied again. One thread at a time applies to a
 * shard; everything else is thread-safe.
 */
public final class MetaState implements AutoCloseable {
    /** Buckets are spread over this many shards by name, for good. */
    public static final int SHARDS = 16;

    /** What became of an operation. */
    public sealed interface Result {
        record Done(Object answer) implements Result {}

        record Refused(VarveException reason) implements Result {}
    }

    private final RowStore rows;
    private final AtomicReferenceArray<ShardHead> heads = new AtomicReferenceArray<>(SHARDS);

    private MetaState(RowStore rows) {
        this.rows = rows;
        for (int shard = 0; shard < SHARDS; shard++) {
            byte[] head = rows.get(Family.STATE, RowKeys.shard(shard));
            heads.set(shard, head == null ? ShardHead.NEW : ShardHead.decode(head));
        }
    }

    /** Opens or makes the rows in a directory, which exists and is used by nobody else. */
    public static MetaState open(Path directory) {
        return open(directory, Disk.REAL);
    }

    /** The same on a disk that is told what is durable. */
    public static MetaState open(Path directory, Disk disk) {
        RowStore rows = RowStore.open(directory, disk);
        try {
            return new MetaState(rows);
        } catch (RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    /** The shard of a bucket: FNV-1a of its name, so that it is the same everywhere and forever. */
    public static int shardOf(String bucket) {
        int hash = 0x811C9DC5;
        for (int i = 0; i < bucket.length(); i++) {
            hash = (hash ^ bucket.charAt(i)) * 0x01000193;
        }
        return (hash ^ (hash >>> 16)) & (SHARDS - 1);
    }

    public static int shardOf(MetaOp<?> op) {
        return switch (op) {
            case MetaOp.InBucket<?> inBucket -> shardOf(inBucket.bucket());
            case MetaOp.InShard<?> inShard -> inShard.shard();
        };
    }

    public ShardHead head(int shard) {
        return heads.get(shard);
    }

    /** Applies the batch at a position of the shard's log, which must be the head's next. */
    public List<Result> apply(int shard, long position, MetaBatch batch) {
        return rows.use(() -> applyOpen(shard, position, batch));
    }

    private List<Result> applyOpen(int shard, long position, MetaBatch batch) {
        ShardHead head = heads.get(shard);
        if (position != head.next()) {
            throw new IllegalStateException(
                    "batch " + position + " of shard " + shard + ", which has come to " + head.next());
        }
        PendingRows pending = new PendingRows(rows);
        Step step = new Step(shard, pending, head, batch);
        List<Result> results = new ArrayList<>(batch.ops().size());
        for (MetaOp<?> op : batch.ops()) {
            pending.begin();
            step.begin();
            try {
                results.add(new Result.Done(step.apply(op)));
            } catch (ObjectException | StaleChunkException e) {
                // Only these are decisions; anything else is a failure to decide, and nothing is written.
                pending.rollBack();
                step.rollBack();
                results.add(new Result.Refused(e));
            }
        }
        try (WriteBatch changes = new WriteBatch()) {
            ShardHead after = step.head(position + 1, pending.writeTo(changes, head.rows()));
            rows.add(changes, Family.STATE, RowKeys.shard(shard), after.encode());
            rows.write(changes);
            heads.set(shard, after);
        }
        return results;
    }

    /**
     * Reads everything back, and returns what is not as it was written. A shard that changes meanwhile is looked at block
     * by block only.
     */
    public List<Flaw> findFlaws() {
        List<Flaw> flaws = new ArrayList<>(rows.use(rows::findFlaws));
        for (int shard = 0; shard < SHARDS && flaws.isEmpty(); shard++) {
            int exchanges = rows.exchanges(shard);
            ShardHead before = heads.get(shard);
            RowHash hash = readHash(shard);
            boolean isSame = before.equals(heads.get(shard)) && rows.exchanges(shard) == exchanges;
            if (isSame && exchanges % 2 == 0 && !hash.equals(before.rows())) {
                flaws.add(new Flaw(
                        rows.directory(), 0, "the rows of shard " + shard + " are not those that its log made"));
            }
        }
        return flaws;
    }

    /** Looks at the rows of a shard as they are at the moment of the call. */
    public <T> T look(int shard, Function<ShardImage, T> work) {
        return rows.use(() -> {
            try (ShardImage image = new ShardImage(shard, rows.image())) {
                return work.apply(image);
            }
        });
    }

    /** Forgets all of a shard; it is as new, and not to be read until {@link #load} ends. */
    public void wipe(int shard) {
        withdraw(shard);
        rows.use(() -> {
            byte[] from = RowKeys.shard(shard);
            byte[] below = RowKeys.shard(shard + 1);
            try (WriteBatch changes = new WriteBatch()) {
                for (Family family : Family.values()) {
                    rows.addDeletion(changes, family, from, below);
                }
                rows.write(changes);
            }
            return MetaOp.None.DONE;
        });
    }

    /**
     * Puts other rows in the place of a shard's; {@code CORRUPT} if they are not those of the head, and then the shard is
     * still not to be read. After a crash it is as before, or new.
     *
     * @param in what {@link ShardImage#writeTo} wrote; not closed
     */
    public void load(int shard, ShardHead head, InputStream in) throws IOException {
        wipe(shard);
        RowHash loaded;
        try {
            loaded = rows.use(() -> {
                try {
                    return new ShardLoad(rows, shard, in).run();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (!loaded.equals(head.rows())) {
            throw ShardLoad.malformed("its rows have the hash " + loaded + ", not " + head.rows());
        }
        setWhole(shard, head);
    }

    /** Begins a shard anew, with no rows. */
    public void renew(int shard) {
        wipe(shard);
        setWhole(shard, ShardHead.NEW);
    }

    private void setWhole(int shard, ShardHead head) {
        rows.use(() -> {
            try (WriteBatch changes = new WriteBatch()) {
                rows.add(changes, Family.STATE, RowKeys.shard(shard), head.encode());
                rows.write(changes);
            }
            return MetaOp.None.DONE;
        });
        heads.set(shard, head);
        rows.endExchange(shard);
    }

    /** From now on nothing of a shard is to be read. */
    public void withdraw(int shard) {
        rows.beginExchange(shard);
        heads.set(shard, ShardHead.NEW);
    }

    /** How often the rows of a shard were begun or ended to be exchanged as a whole; odd while they are incomplete. */
    public int exchanges(int shard) {
        return rows.exchanges(shard);
    }

    /** Makes everything applied before the call durable. */
    public void flush() {
        rows.use(() -> {
            rows.flush();
            return null;
        });
    }

    /** Writes a directory, which must not exist, that {@link #open} opens as the state at one moment of the call. */
    public void checkpoint(Path target) {
        rows.use(() -> {
            rows.checkpoint(target);
            return null;
        });
    }

    /** The hash of a shard's rows by reading them all, to compare it with the head's. */
    public RowHash readHash(int shard) {
        return rows.use(() -> {
            RowHash hash = RowHash.NONE;
            byte[] prefix = RowKeys.shard(shard);
            try (RowStore.Image image = rows.image()) {
                for (Family family : Family.values()) {
                    if (family == Family.STATE) {
                        continue;
                    }
                    try (RowStore.Cursor cursor = image.cursor(family, RowKeys.behind(prefix))) {
                        for (boolean more = cursor.seek(prefix); more; more = cursor.next()) {
                            hash = hash.plus(RowHash.of(family, cursor.key(), cursor.value()));
                        }
                    }
                }
            }
            return hash;
        });
    }

    public MetaReads reads() {
        return new MetaReads(rows);
    }

    @Override
    public void close() {
        rows.close();
    }
}
