package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.blobstore.rocks.RocksFiles;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An index in RocksDB without a log of its own: one column family, whose memory tables reach the disk in the order of
 * writes, so that what is lost is always a suffix.
 *
 * <p>Keys are a letter and: {@code c} a chunk's id, {@code f} the id of a plain file, {@code s} a segment's id, {@code n}
 * a note's name. {@link #use} keeps the database open while someone is inside.
 */
final class RocksIndex implements ChunkIndex {
    private static final Logger LOG = LoggerFactory.getLogger(RocksIndex.class);
    /** A file that says the index must be built again. */
    private static final String DAMAGED = "DAMAGED";

    private static final int KEY_BYTES = 1 + ChunkId.BYTES;
    private static final int ROW_BYTES = 1 + 8 + 8 + 8 + 4 + 8;
    private static final int STAMPED_ROW_BYTES = ROW_BYTES + 8;
    private static final int SEGMENT_BYTES = 4 + 8 + 1 + 8 + 8 + 8 + 8;
    private static final long WRITE_BUFFER_BYTES = 8 << 20;
    private static final int OPEN_FILES = 64;

    private final Path directory;
    private final LRUCache cache;
    private final BloomFilter bloom;
    private final Options options;
    private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
    private final RocksDB db;
    private final Disk disk;
    private final boolean isNew;
    private volatile boolean isDamaged;
    private boolean closed;

    private RocksIndex(
            Path directory, Disk disk, LRUCache cache, BloomFilter bloom, Options options, RocksDB db, boolean isNew) {
        this.directory = directory;
        this.disk = disk;
        this.cache = cache;
        this.bloom = bloom;
        this.options = options;
        this.db = db;
        this.isNew = isNew;
    }

    /** Opens the index in a directory; one that cannot be opened is replaced by a new one. */
    static RocksIndex open(Path directory, long cacheBytes, Disk disk) throws IOException {
        NativeLibrary.load(directory.resolveSibling("native"));
        LRUCache cache = new LRUCache(cacheBytes);
        BloomFilter bloom = new BloomFilter(10);
        Options options = new Options()
                .setCreateIfMissing(true)
                .setAvoidFlushDuringShutdown(true)
                .setParanoidChecks(true)
                .setWriteBufferSize(WRITE_BUFFER_BYTES)
                .setMaxWriteBufferNumber(2)
                .setMaxOpenFiles(OPEN_FILES)
                .setMaxManifestFileSize(1 << 20)
                .setKeepLogFileNum(2)
                .setInfoLogLevel(InfoLogLevel.ERROR_LEVEL)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setFilterPolicy(bloom));
        Files.createDirectories(directory);
        if (Files.exists(directory.resolve(DAMAGED))) {
            LOG.warn("the chunk index was found damaged and is built again directory={}", directory);
            clear(directory);
        }
        Optional<Flaw> flaw = RocksFiles.findFlaw(directory);
        if (flaw.isPresent()) {
            LOG.warn("the chunk index is damaged and is built again flaw={}", flaw.get());
            clear(directory);
        }
        try {
            return open(directory, disk, cache, bloom, options);
        } catch (RocksDBException e) {
            LOG.warn("the chunk index cannot be opened and is built again directory={}", directory, e);
            clear(directory);
            try {
                return open(directory, disk, cache, bloom, options);
            } catch (RocksDBException again) {
                options.close();
                bloom.close();
                cache.close();
                throw new IOException("open the chunk index: " + again.getMessage(), again);
            }
        }
    }

    private static RocksIndex open(Path directory, Disk disk, LRUCache cache, BloomFilter bloom, Options options)
            throws RocksDBException, IOException {
        RocksDB db = RocksDB.open(options, directory.toString());
        try (RocksIterator first = db.newIterator()) {
            first.seekToFirst();
            first.status();
            disk.settled(directory);
            return new RocksIndex(directory, disk, cache, bloom, options, db, !first.isValid());
        } catch (RocksDBException | IOException e) {
            db.close();
            throw e;
        }
    }

    /** Removes an index, so that the next one is new. */
    static void clear(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private interface Access<T extends @Nullable Object> {
        T with(RocksDB db) throws RocksDBException;
    }

    private <T extends @Nullable Object> T use(Access<T> access) {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the chunk index is closed");
            }
            return access.with(db);
        } catch (RocksDBException e) {
            Status status = e.getStatus();
            if (status == null || status.getCode() != Status.Code.Corruption) {
                throw new VarveException(ErrorCode.STORAGE, "chunk index " + directory + ": " + e.getMessage(), e)
                        .withHint("if it is damaged, delete that folder; it is built again at the next start");
            }
            setDamaged();
            throw new VarveException(
                            ErrorCode.CORRUPT, "the chunk index " + directory + " is damaged: " + e.getMessage(), e)
                    .withHint("restart; it is built again, and no chunk is lost");
        } finally {
            use.readLock().unlock();
        }
    }

    @Override
    public boolean isNew() {
        return isNew;
    }

    @Override
    public @Nullable ChunkRow find(ChunkId id) {
        byte[] value = this.<byte @Nullable []>use(database -> database.get(key('c', id)));
        return value == null ? null : row(ByteBuffer.wrap(value));
    }

    private static byte[] key(char kind, ChunkId id) {
        return ByteBuffer.allocate(KEY_BYTES)
                .put((byte) kind)
                .putLong(id.high())
                .putLong(id.low())
                .array();
    }

    private static byte[] key(long segment) {
        return ByteBuffer.allocate(1 + Long.BYTES)
                .put((byte) 's')
                .putLong(segment)
                .array();
    }

    private static byte[] key(String note) {
        return ("n" + note).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] value(ChunkRow row) {
        ByteBuffer out = ByteBuffer.allocate(row.stamp() == 0 ? ROW_BYTES : STAMPED_ROW_BYTES)
                .put((byte) (row.isFile() ? 1 : 0))
                .putLong(row.segment())
                .putLong(row.offset())
                .putLong(row.length())
                .putInt(row.crc())
                .putLong(row.gcBirth());
        return (row.stamp() == 0 ? out : out.putLong(row.stamp())).array();
    }

    private static ChunkRow row(ByteBuffer in) {
        return new ChunkRow(
                in.get() == 1,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getInt(),
                in.getLong(),
                in.hasRemaining() ? in.getLong() : 0);
    }

    private static byte[] value(SegmentRow row) {
        int flags = (row.sealed() ? 1 : 0) | (row.damaged() ? 2 : 0) | (row.stale() ? 4 : 0);
        return ByteBuffer.allocate(SEGMENT_BYTES)
                .putInt(row.group())
                .putLong(row.indexed())
                .put((byte) flags)
                .putLong(row.liveCount())
                .putLong(row.liveBytes())
                .putLong(row.fileBytes())
                .putLong(row.tombstoneBytes())
                .array();
    }

    private static SegmentRow segment(byte[] key, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        int group = in.getInt();
        long indexed = in.getLong();
        byte flags = in.get();
        return new SegmentRow(
                ByteBuffer.wrap(key).getLong(1),
                group,
                indexed,
                (flags & 1) != 0,
                (flags & 2) != 0,
                (flags & 4) != 0,
                in.getLong(),
                in.getLong(),
                in.getLong(),
                in.getLong());
    }

    @Override
    public void write(Batch changes) {
        use(database -> {
            try (WriteBatch batch = new WriteBatch()) {
                for (Map.Entry<ChunkId, Change> entry : changes.chunks().entrySet()) {
                    put(batch, entry.getKey(), entry.getValue());
                }
                for (SegmentRow row : changes.segments()) {
                    batch.put(key(row.id()), value(row));
                }
                for (long gone : changes.removed()) {
                    batch.delete(key(gone));
                }
                database.write(unlogged, batch);
                return true;
            }
        });
    }

    private static void put(WriteBatch batch, ChunkId id, Change change) throws RocksDBException {
        ChunkRow after = change.after();
        if (after != null) {
            batch.put(key('c', id), value(after));
            if (after.isFile()) {
                batch.put(key('f', id), value(after));
            }
        } else {
            batch.delete(key('c', id));
            ChunkRow before = change.before();
            if (before != null && before.isFile()) {
                batch.delete(key('f', id));
            }
        }
    }

    @Override
    public List<SegmentRow> segments() {
        return use(database -> {
            List<SegmentRow> rows = new ArrayList<>();
            try (RocksIterator all = database.newIterator()) {
                for (all.seek(new byte[] {'s'}); all.isValid() && all.key()[0] == 's'; all.next()) {
                    rows.add(segment(all.key(), all.value()));
                }
                all.status();
            }
            return rows;
        });
    }

    @Override
    public void chunks(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor) {
        iterate('c', after, visitor);
    }

    @Override
    public void files(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor) {
        iterate('f', after, visitor);
    }

    private void iterate(char kind, @Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor) {
        use(database -> {
            // A long walk must not push out what readers need.
            try (ReadOptions walk = new ReadOptions().setFillCache(false);
                    RocksIterator all = database.newIterator(walk)) {
                all.seek(after == null ? new byte[] {(byte) kind} : key(kind, after));
                while (all.isValid() && all.key()[0] == kind) {
                    ByteBuffer key = ByteBuffer.wrap(all.key(), 1, ChunkId.BYTES);
                    ChunkId id = new ChunkId(key.getLong(), key.getLong());
                    if (!id.equals(after) && !visitor.test(id, row(ByteBuffer.wrap(all.value())))) {
                        break;
                    }
                    all.next();
                }
                all.status();
            }
            return true;
        });
    }

    @Override
    public Optional<byte[]> note(String name) {
        return Optional.ofNullable(this.<byte @Nullable []>use(database -> database.get(key(name))));
    }

    @Override
    public void setNote(String name, byte[] content) {
        use(database -> {
            database.put(unlogged, key(name), content);
            return true;
        });
    }

    @Override
    public void flush() {
        use(database -> {
            try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
                database.flush(wait);
                disk.settled(directory);
                return true;
            } catch (IOException e) {
                throw Disk.failure("flush the chunk index " + directory, e);
            }
        });
    }

    @Override
    public List<Flaw> findFlaws() {
        use.readLock().lock();
        try {
            List<Flaw> flaws = closed ? List.of() : RocksFiles.findFlaws(db, directory);
            if (!flaws.isEmpty()) {
                setDamaged();
            }
            return flaws;
        } catch (IOException e) {
            throw Disk.failure("verify the chunk index " + directory, e);
        } finally {
            use.readLock().unlock();
        }
    }

    @Override
    public boolean isDamaged() {
        return isDamaged;
    }

    /** Leaves word for the next opening. */
    private void setDamaged() {
        isDamaged = true;
        try (Disk.Output mark = disk.output(directory.resolve(DAMAGED), 0)) {
            mark.force();
            disk.syncDirectory(directory);
        } catch (IOException e) {
            LOG.warn("could not mark the chunk index as damaged directory={}", directory, e);
        }
    }

    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            db.close();
            unlogged.close();
            options.close();
            bloom.close();
            cache.close();
        } finally {
            use.writeLock().unlock();
        }
    }
}
