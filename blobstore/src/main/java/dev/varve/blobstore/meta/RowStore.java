package dev.varve.blobstore.meta;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.blobstore.rocks.RocksFiles;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.RocksObject;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Rows in RocksDB, written without its log: after a crash they are as at some moment, at or after the last flush, at which
 * all families agree. Thread-safe; closing waits for those who are in it.
 */
final class RowStore implements AutoCloseable {
    private static final long CACHE_BYTES = 64L << 20;
    private static final long FAMILY_BUFFER_BYTES = 32L << 20;
    private static final long ALL_BUFFERS_BYTES = 96L << 20;
    private static final long BLOCK_BYTES = 16L << 10;
    /** Then a new one is begun; all of it is read by the scrubber. */
    private static final long MANIFEST_BYTES = 8L << 20;

    private static final double BLOOM_BITS_PER_KEY = 10;

    private final Path directory;
    private final Disk disk;
    private final RocksDB db;
    private final Map<Family, ColumnFamilyHandle> families;
    private final List<RocksObject> owned;
    private final WriteOptions writeOptions;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /** How often rows of a shard were begun or ended to be exchanged as a whole: odd while they are incomplete. */
    private final AtomicIntegerArray exchanges = new AtomicIntegerArray(MetaState.SHARDS);

    private RowStore(
            Path directory, Disk disk, RocksDB db, Map<Family, ColumnFamilyHandle> families, List<RocksObject> owned) {
        this.directory = directory;
        this.disk = disk;
        this.db = db;
        this.families = families;
        this.owned = owned;
        this.writeOptions = new WriteOptions().setDisableWAL(true);
        owned.addFirst(writeOptions);
    }

    /** Opens or makes the rows in a directory, which exists. */
    static RowStore open(Path directory, Disk disk) {
        checkFiles(directory);
        List<RocksObject> owned = new ArrayList<>();
        try {
            RocksDB.loadLibrary();
            LRUCache cache = new LRUCache(CACHE_BYTES);
            BloomFilter bloom = new BloomFilter(BLOOM_BITS_PER_KEY);
            ColumnFamilyOptions rows = new ColumnFamilyOptions()
                    .setWriteBufferSize(FAMILY_BUFFER_BYTES)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION)
                    .setLevelCompactionDynamicLevelBytes(true)
                    .setTableFormatConfig(new BlockBasedTableConfig()
                            .setBlockCache(cache)
                            .setBlockSize(BLOCK_BYTES)
                            .setFilterPolicy(bloom));
            DBOptions options = new DBOptions()
                    .setCreateIfMissing(true)
                    .setCreateMissingColumnFamilies(true)
                    .setAtomicFlush(true)
                    .setDbWriteBufferSize(ALL_BUFFERS_BYTES)
                    .setMaxOpenFiles(512)
                    .setMaxManifestFileSize(MANIFEST_BYTES)
                    .setMaxBackgroundJobs(2)
                    .setStatsDumpPeriodSec(0)
                    .setStatsPersistPeriodSec(0)
                    .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                    .setKeepLogFileNum(2);
            owned.addAll(List.of(options, rows, bloom, cache));
            List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
            descriptors.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, rows));
            for (Family family : Family.values()) {
                descriptors.add(new ColumnFamilyDescriptor(family.bytes(), rows));
            }
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB db = RocksDB.open(options, directory.toString(), descriptors, handles);
            Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);
            // Handles come in the order of the descriptors, the default family's first.
            Iterator<ColumnFamilyHandle> opened = handles.iterator();
            opened.next();
            for (Family family : Family.values()) {
                families.put(family, opened.next());
            }
            owned.addFirst(db);
            owned.addAll(0, handles);
            disk.settled(directory);
            return new RowStore(directory, disk, db, families, owned);
        } catch (RocksDBException e) {
            owned.forEach(RocksObject::close);
            throw failure("open the rows in " + directory, e);
        } catch (IOException e) {
            owned.forEach(RocksObject::close);
            throw Disk.failure("open the rows in " + directory, e);
        }
    }

    /** Before RocksDB gets to see them, which would take some kinds of damage for a new or an older state. */
    private static void checkFiles(Path directory) {
        try {
            RocksFiles.findFlaw(directory).ifPresent(flaw -> {
                throw new VarveException(
                                ErrorCode.CORRUPT,
                                "the rows are damaged: " + flaw.file() + " at offset " + flaw.offset() + ": "
                                        + flaw.reason())
                        .withHint("nothing was changed; restore the directory from a copy");
            });
        } catch (IOException e) {
            throw Disk.failure("look at the rows in " + directory, e);
        }
    }

    static VarveException failure(String doing, RocksDBException e) {
        Status status = e.getStatus();
        String message = String.valueOf(e.getMessage());
        if (status != null && status.getCode() == Status.Code.Corruption) {
            return new VarveException(ErrorCode.CORRUPT, doing + ": " + message, e)
                    .withHint("nothing was changed; restore the directory from a copy");
        }
        if (message.toLowerCase(Locale.ROOT).contains("no space")) {
            return new VarveException(ErrorCode.DISK_FULL, doing + ": the disk is full", e)
                    .withHint("free some space; nothing acknowledged is lost");
        }
        return new VarveException(ErrorCode.STORAGE, doing + ": " + message, e);
    }

    Path directory() {
        return directory;
    }

    /** Runs something that uses the rows, and keeps them open as long. */
    <T> T use(Supplier<T> work) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the rows in " + directory + " are closed");
            }
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The same for rows of one shard; {@code NOT_READY} if they are incomplete, now or by the end. */
    <T> T use(int shard, Supplier<T> work) {
        int before = exchanges.get(shard);
        T result;
        try {
            result = use(work);
        } catch (RuntimeException e) {
            // What was missed may be the reason.
            checkWhole(shard, before);
            throw e;
        }
        checkWhole(shard, before);
        return result;
    }

    /** The same for rows of all shards. */
    <T> T useAll(Supplier<T> work) {
        int[] before = new int[MetaState.SHARDS];
        for (int shard = 0; shard < before.length; shard++) {
            before[shard] = exchanges.get(shard);
        }
        T result = use(work);
        for (int shard = 0; shard < before.length; shard++) {
            checkWhole(shard, before[shard]);
        }
        return result;
    }

    private void checkWhole(int shard, int before) {
        if (before % 2 != 0 || exchanges.get(shard) != before) {
            throw new VarveException(
                            ErrorCode.NOT_READY,
                            "shard " + shard + " of the metadata is being loaded from a checkpoint")
                    .withHint("try again soon, or another node");
        }
    }

    /** How often the rows of a shard were begun or ended to be exchanged. */
    int exchanges(int shard) {
        return exchanges.get(shard);
    }

    /** From now on a shard's rows are incomplete. */
    void beginExchange(int shard) {
        exchanges.updateAndGet(shard, count -> count | 1);
    }

    /** Now they are complete again. */
    void endExchange(int shard) {
        exchanges.incrementAndGet(shard);
    }

    /** Reads every block that is on the disk, and returns what is not as it was written. */
    List<Flaw> findFlaws() {
        try {
            return RocksFiles.findFlaws(db, directory);
        } catch (IOException e) {
            throw Disk.failure("verify the rows in " + directory, e);
        }
    }

    private ColumnFamilyHandle handle(Family family) {
        return Objects.requireNonNull(families.get(family));
    }

    byte @Nullable [] get(Family family, byte[] key) {
        try {
            return db.get(handle(family), key);
        } catch (RocksDBException e) {
            throw failure("read the rows in " + directory, e);
        }
    }

    /** Walks rows in order of their keys, below a bound. Used by one thread; the bound is what keeps deleted ones cheap. */
    final class Cursor implements AutoCloseable {
        private final Slice bound;
        private final ReadOptions options;
        private final RocksIterator rows;

        private Cursor(Family family, byte[] below, @Nullable Snapshot snapshot) {
            bound = new Slice(below);
            options = new ReadOptions().setIterateUpperBound(bound).setTotalOrderSeek(true);
            if (snapshot != null) {
                options.setSnapshot(snapshot);
            }
            rows = db.newIterator(handle(family), options);
        }

        /** Goes to the first row at or behind a key; false if there is none. */
        boolean seek(byte[] key) {
            rows.seek(key);
            return isValid();
        }

        boolean next() {
            rows.next();
            return isValid();
        }

        private boolean isValid() {
            if (rows.isValid()) {
                return true;
            }
            try {
                rows.status();
                return false;
            } catch (RocksDBException e) {
                throw failure("read the rows in " + directory, e);
            }
        }

        byte[] key() {
            return rows.key();
        }

        byte[] value() {
            return rows.value();
        }

        @Override
        public void close() {
            rows.close();
            options.close();
            bound.close();
        }
    }

    Cursor cursor(Family family, byte[] below) {
        return new Cursor(family, below, null);
    }

    /** All rows of several families as they are at one moment. */
    final class Image implements AutoCloseable {
        private final Snapshot snapshot = db.getSnapshot();

        Cursor cursor(Family family, byte[] below) {
            return new Cursor(family, below, snapshot);
        }

        byte @Nullable [] get(Family family, byte[] key) {
            try (ReadOptions options = new ReadOptions().setSnapshot(snapshot)) {
                return db.get(handle(family), options, key);
            } catch (RocksDBException e) {
                throw failure("read the rows in " + directory, e);
            }
        }

        @Override
        public void close() {
            db.releaseSnapshot(snapshot);
            snapshot.close();
        }
    }

    Image image() {
        return new Image();
    }

    void add(WriteBatch batch, Family family, byte[] key, byte @Nullable [] value) {
        try {
            if (value == null) {
                batch.delete(handle(family), key);
            } else {
                batch.put(handle(family), key, value);
            }
        } catch (RocksDBException e) {
            throw failure("change the rows in " + directory, e);
        }
    }

    /** Adds the deletion of all rows of a family from a key on, below another. */
    void addDeletion(WriteBatch batch, Family family, byte[] from, byte[] below) {
        try {
            batch.deleteRange(handle(family), from, below);
        } catch (RocksDBException e) {
            throw failure("change the rows in " + directory, e);
        }
    }

    /** Makes all changes of a batch visible at once. */
    void write(WriteBatch batch) {
        try {
            db.write(writeOptions, batch);
        } catch (RocksDBException e) {
            throw failure("change the rows in " + directory, e);
        }
    }

    /** Makes everything written before the call durable. */
    void flush() {
        try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
            db.flush(options, List.copyOf(families.values()));
            disk.settled(directory);
        } catch (RocksDBException e) {
            throw failure("flush the rows in " + directory, e);
        } catch (IOException e) {
            throw Disk.failure("flush the rows in " + directory, e);
        }
    }

    /** Makes a directory, which must not exist, that can be opened as these rows at one moment. */
    void checkpoint(Path target) {
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(target.toString());
        } catch (RocksDBException e) {
            throw failure("write a checkpoint to " + target, e);
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                owned.forEach(RocksObject::close);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
