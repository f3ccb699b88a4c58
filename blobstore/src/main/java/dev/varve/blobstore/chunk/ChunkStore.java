package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.DirectoryLock;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Immutable chunks on one disk.
 *
 * <p>Thread-safe. What was acknowledged has been fsynced. A chunk is read exactly as it was written, or its reading fails
 * with {@link ErrorCode#CORRUPT} and names file and offset. Nobody's interrupt reaches a file.
 */
public final class ChunkStore implements Chunks, AutoCloseable {
    /** Placement groups that ids are spread over. */
    public static final int GROUPS = 128;

    /** What {@link #append} takes at most. */
    public static final int MAX_CHUNK_BYTES = RecordHeader.MAX_PAYLOAD_BYTES;

    static final String SEGMENTS = "segments";
    static final String FILES = "files";
    static final String INDEX = "index";
    private static final String DRAFTS = "drafts";
    private static final Logger LOG = LoggerFactory.getLogger(ChunkStore.class);

    private final ChunkStoreConfig config;
    private final Disk disk;
    private final DirectoryLock directoryLock;
    private final DiskIdentity identity;
    private final int boot;
    private final MendLog mended;
    private final SegmentTable table;
    private final DamageLog damageLog;
    private final Damages damages;
    private final ChunkFiles files;
    private final ChunkReader reader;
    private final SegmentFactory factory;
    private final ChunkIds ids;
    private final Space space;
    private final SegmentCompaction compaction;
    private final Scrubber scrubber;
    private final Arrivals arrivals;
    private final Evacuation evacuation;
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicLong drafts = new AtomicLong();
    private final Map<ChunkId, Object> verifying = new ConcurrentHashMap<>();
    private final Object maintaining = new Object();
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Completes futures, so that no continuation stalls a lane. */
    private final ExecutorService acknowledging = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("chunk acks").daemon().factory());

    /** Touches files for callers, whose interrupts must not close them. */
    private final ExecutorService io = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("chunk io ", 0).daemon().factory());

    private final LongAdder appends = new LongAdder();
    private final LongAdder appendedBytes = new LongAdder();
    private final LongAdder fsyncs = new LongAdder();
    private final LongAdder reads = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private final LongAdder deletes = new LongAdder();
    private final LongAdder compactions = new LongAdder();
    private final LongAdder scrubbedBytes = new LongAdder();
    private final LongAdder scrubRounds = new LongAdder();

    /** Opens or makes the store in a directory, which no other process may have open. */
    public static ChunkStore open(ChunkStoreConfig config) {
        return open(config, Disk.REAL);
    }

    /** The same on a disk that may fail. */
    public static ChunkStore open(ChunkStoreConfig config, Disk disk) {
        return open(config, disk, new IndexOpener.Rocks(config.indexCacheBytes(), disk));
    }

    static ChunkStore open(ChunkStoreConfig config, Disk disk, IndexOpener indexes) {
        Path directory = config.directory();
        try {
            disk.createDirectories(directory.toAbsolutePath());
            DirectoryLock lock = DirectoryLock.acquire(directory);
            ChunkIndex index = null;
            try {
                DiskIdentity identity = DiskIdentity.claim(directory, config, disk);
                disk.createDirectories(directory.resolve(SEGMENTS));
                disk.createDirectories(directory.resolve(FILES));
                disk.createDirectories(directory.resolve(DRAFTS));
                removeDrafts(directory.resolve(DRAFTS));
                Map<Long, Path> segments = Recovery.list(directory.resolve(SEGMENTS));
                int highestBoot =
                        segments.keySet().stream().mapToInt(Segment::boot).max().orElse(0);
                MendLog mended = new MendLog(directory);
                int boot = DiskIdentity.nextBoot(directory, highestBoot, disk, mended);
                index = indexes.openComplete(directory.resolve(INDEX));
                try {
                    return new ChunkStore(config, disk, lock, identity, index, boot, segments, mended);
                } catch (VarveException e) {
                    if (!index.isDamaged()) {
                        throw e;
                    }
                    LOG.warn("the chunk index is damaged and is built again directory={}", directory, e);
                    index = indexes.renew(directory.resolve(INDEX), index);
                    return new ChunkStore(config, disk, lock, identity, index, boot, segments, mended);
                }
            } catch (IOException | RuntimeException e) {
                if (index != null) {
                    index.close();
                }
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw Disk.failure("open the chunk store in " + directory, e);
        }
    }

    private static void removeDrafts(Path folder) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder)) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
    }

    private ChunkStore(
            ChunkStoreConfig config,
            Disk disk,
            DirectoryLock directoryLock,
            DiskIdentity identity,
            ChunkIndex index,
            int boot,
            Map<Long, Path> segments,
            MendLog mended)
            throws IOException {
        this.config = config;
        this.disk = disk;
        this.directoryLock = directoryLock;
        this.identity = identity;
        this.boot = boot;
        this.mended = mended;
        Path directory = config.directory();
        Path folder = directory.resolve(SEGMENTS);
        table = new SegmentTable(index);
        damageLog = new DamageLog(index);
        damages = new Damages(directory, damageLog, table);
        files = new ChunkFiles(disk, directory.resolve(FILES));
        reader = new ChunkReader(table, files, damages);
        ids = new ChunkIds(config.nodeId(), boot);
        space = new Space(config, disk, directory);
        new Recovery(disk, folder, identity.diskUuid(), table, files, damages, mended).run(segments);
        factory = new SegmentFactory(disk, folder, identity.diskUuid(), boot, table);
        for (SegmentTable.Entry entry : table.entries()) {
            if (!entry.row().sealed() && !entry.row().damaged()) {
                factory.offer(entry);
            }
        }
        compaction = new SegmentCompaction(config, disk, table, factory, files, reader, damages, space);
        scrubber = new Scrubber(directory, table, files, damages, this::checkSmallFiles);
        Stamps stamps = new Stamps(boot);
        arrivals = new Arrivals(table, files, reader, damages, stamps, io, task -> lane().submit(task));
        evacuation = new Evacuation(table, arrivals, lanes);
        for (int i = 0; i < config.lanes(); i++) {
            lanes.add(new Lane(i, config, factory, table, space, ids, stamps, acknowledging, io, fsyncs));
        }
    }

    public DiskIdentity identity() {
        return identity;
    }

    /** The first of those with least to do: few writers share one lane and its fsyncs, many fill all. */
    private Lane lane() {
        Lane best = lanes.getFirst();
        long least = best.load();
        for (int i = 1; i < lanes.size() && least > 0; i++) {
            long load = lanes.get(i).load();
            if (load < least) {
                least = load;
                best = lanes.get(i);
            }
        }
        return best;
    }

    /**
     * Packs a chunk into a segment.
     *
     * @param payload untouched until the future completes; best direct
     * @param gcBirth kept with the chunk, for {@link #inventory}
     * @return completes after the fsync, or with a {@link VarveException}
     */
    @Override
    public CompletableFuture<ChunkRef> append(ByteBuffer payload, long gcBirth) {
        int length = payload.remaining();
        if (length > MAX_CHUNK_BYTES) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes; at most " + MAX_CHUNK_BYTES);
        }
        ByteBuffer bytes = payload.asReadOnlyBuffer();
        CompletableFuture<ChunkRef> done = new CompletableFuture<>();
        lane().submit(new Lane.Task.Put(bytes, Blocks.of(bytes), gcBirth, null, 0, done));
        appends.increment();
        appendedBytes.add(length);
        return done;
    }

    /** An id of this node's own that no run of it ever gave, for {@link #put}. */
    public ChunkId newId(int group) {
        return ids.next(group);
    }

    /**
     * Packs a chunk under an id that another node, or {@link #newId}, gave. If it is here and readable, nothing is written;
     * if it is here and damaged, it is replaced; if it is here with other bytes, it fails with {@link ErrorCode#CORRUPT}.
     *
     * @param payload untouched until the future completes; best direct
     * @return completes after the fsync, or with a {@link VarveException}
     */
    public CompletableFuture<ChunkRef> put(ChunkId id, ByteBuffer payload, long gcBirth) {
        return put(id, null, payload, gcBirth);
    }

    /** The same if the bytes are those that are meant; otherwise it fails with {@link ErrorCode#CORRUPT}. */
    public CompletableFuture<ChunkRef> put(ChunkRef expected, ByteBuffer payload, long gcBirth) {
        return put(expected.id(), expected, payload, gcBirth);
    }

    private CompletableFuture<ChunkRef> put(ChunkId id, @Nullable ChunkRef expected, ByteBuffer payload, long gcBirth) {
        int length = payload.remaining();
        if (length > MAX_CHUNK_BYTES) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes; at most " + MAX_CHUNK_BYTES);
        }
        ByteBuffer bytes = payload.asReadOnlyBuffer();
        Blocks blocks = Blocks.of(bytes);
        ChunkRef ref = new ChunkRef(id, length, blocks.crc());
        if (expected != null && !expected.equals(ref)) {
            return CompletableFuture.failedFuture(
                    new VarveException(ErrorCode.CORRUPT, "the chunk that came is " + ref + ", not " + expected));
        }
        appends.increment();
        appendedBytes.add(length);
        return arrivals.put(id, bytes, blocks, gcBirth);
    }

    /** Begins a chunk of any size that becomes one plain file. */
    @Override
    public FileDraft draft(long gcBirth) {
        ChunkId id = ids.next(factory.nextGroup());
        FileDraft.Entry entry = (ref, birth) -> {
            CompletableFuture<Boolean> done = new CompletableFuture<>();
            lane().submit(new Lane.Task.Remember(ref, birth, 0, done));
            return done;
        };
        return new FileDraft(id, gcBirth, draftPath(), disk, space, io, files, entry, null);
    }

    /** Begins one under a given id, with the rules of {@link #put}. */
    public FileDraft draft(ChunkId id, long gcBirth) {
        return new FileDraft(id, gcBirth, draftPath(), disk, space, io, files, arrivals::remember, arrivals);
    }

    private Path draftPath() {
        return config.directory().resolve(DRAFTS).resolve(drafts.incrementAndGet() + ChunkFiles.SUFFIX);
    }

    /**
     * Reads {@code dst.remaining()} bytes from {@code offset} on, verifying every block it touches; after an exception
     * the position of {@code dst} is unchanged and what is behind it undefined.
     */
    @Override
    public void read(ChunkRef ref, long offset, ByteBuffer dst) {
        int wanted = dst.remaining();
        reader.read(ref, offset, dst);
        reads.increment();
        readBytes.add(wanted);
    }

    /** The plain file of a drafted chunk; read and verified whole before it is given out the first time. */
    @Override
    public Path file(ChunkRef ref) {
        ChunkRow row = reader.row(ref);
        if (!row.isFile()) {
            throw new IllegalArgumentException("chunk " + ref.id() + " is not a file of its own");
        }
        return run("read chunk " + ref.id(), () -> {
            Path path = files.path(ref.id());
            if (files.isVerified(ref.id()) && Files.exists(path) && Files.size(path) == row.length()) {
                return path;
            }
            synchronized (verifying.computeIfAbsent(ref.id(), id -> new Object())) {
                ChunkFiles.Flaw flaw = files.verify(ref.id(), row, 0, row.length());
                verifying.remove(ref.id());
                if (flaw == null) {
                    files.setVerified(ref.id());
                    return path;
                }
                throw table.find(ref.id()) == null ? ChunkReader.missing(ref) : reader.damaged(flaw, ref.id());
            }
        });
    }

    /** Whether the chunk was acknowledged here and not deleted; says nothing about its bytes. */
    public boolean contains(ChunkId id) {
        return table.find(id) != null;
    }

    /** Deletes a chunk durably; false if it is not here. */
    public boolean delete(ChunkId id) {
        return delete(List.of(id)) > 0;
    }

    /** Deletes chunks durably; returns how many were here. The space comes back by {@link #compactOnce}. */
    @Override
    public int delete(Collection<ChunkId> chunks) {
        CompletableFuture<Lane.Forgotten> done = new CompletableFuture<>();
        lane().submit(new Lane.Task.Forget(List.copyOf(chunks), done));
        Lane.Forgotten forgotten;
        try {
            forgotten = Waiting.get(done);
        } catch (RuntimeException e) {
            arrivals.doubt();
            throw e;
        }
        if (!forgotten.files().isEmpty()) {
            run("delete chunks", () -> {
                arrivals.deleteFiles(forgotten.files());
                return true;
            });
        }
        if (!damageLog.all().isEmpty()) {
            chunks.forEach(damages::forget);
        }
        deletes.add(forgotten.count());
        return forgotten.count();
    }

    /** Shows every chunk born below a floor, in order of ids, as of the call. */
    public void inventory(long bornBelow, Consumer<ChunkId> consumer) {
        table.index().chunks(null, (id, row) -> {
            if (row.gcBirth() < bornBelow) {
                consumer.accept(id);
            }
            return true;
        });
    }

    /**
     * Chunks of a placement group in order of their ids, as of the call.
     *
     * @param after those greater; null for the first ones
     * @param most how many, at most
     */
    public List<StoredChunk> inventory(int group, @Nullable ChunkId after, int most) {
        List<StoredChunk> page = new ArrayList<>();
        ChunkId start = after != null ? after : ChunkId.lastBefore(group);
        table.index().chunks(start, (id, row) -> {
            if (id.group() != group || page.size() >= most) {
                return false;
            }
            page.add(StoredChunk.of(id, row));
            return page.size() < most;
        });
        return page;
    }

    /** Grows whenever chunks of a group come or go; from 0 at each opening. */
    public long changes(int group) {
        return table.changes(group);
    }

    /** What the index knows of a chunk; says nothing about its bytes. */
    public Optional<StoredChunk> find(ChunkId id) {
        return Optional.ofNullable(table.find(id)).map(row -> StoredChunk.of(id, row));
    }

    /** Frees the space of one segment of which little is live; false if there is none. */
    public boolean compactOnce() {
        return run("compact segments", () -> {
            synchronized (maintaining) {
                boolean isDone = compaction.once();
                if (!isDone && space.usableBytes() < config.segmentBytes()) {
                    // On a disk this full, segments that are still being written give back what is deleted too.
                    lanes.forEach(Lane::sealIfSparse);
                    isDone = compaction.once();
                }
                if (isDone) {
                    compactions.increment();
                }
                return isDone;
            }
        });
    }

    /**
     * Moves chunks of about so many bytes that can still be read out of damaged segments, so that these can go when the rest
     * came again by {@link #put}; returns how many. For nodes whose chunks others have too: nobody can restore the file then.
     */
    public int evacuateDamaged(long bytes) {
        return run("move chunks out of damaged segments", () -> {
            synchronized (maintaining) {
                return evacuation.run(bytes);
            }
        });
    }

    /** One second's worth of {@link #scrub(long)}. */
    public Scrub scrub() {
        return scrub(config.scrubBytesPerSecond());
    }

    /** Reads about so many bytes again, from where the last step ended, also in an earlier run, and verifies them. */
    public Scrub scrub(long bytes) {
        return run("scrub", () -> {
            synchronized (maintaining) {
                Scrub step = scrubber.step(bytes);
                scrubbedBytes.add(step.bytes());
                if (step.isRoundDone()) {
                    scrubRounds.increment();
                }
                return step;
            }
        });
    }

    private void checkSmallFiles() throws IOException {
        identity.restore(config.directory(), boot, disk, mended);
        if (directoryLock.isInPlace()) {
            damages.forget(directoryLock.path());
        } else {
            damages.report(
                    directoryLock.path(),
                    0,
                    null,
                    "the lock was taken away; restart before another process opens this");
        }
    }

    /** What was missing or damaged and could be made again from the rest, since the start. */
    public List<Damage> mended() {
        return mended.all();
    }

    /** What was found damaged and is still there. */
    public List<Damage> damage() {
        return damageLog.all();
    }

    /** What chunks may still take of the disk. */
    @Override
    public long usableBytes() {
        try {
            return space.usableBytes();
        } catch (IOException e) {
            throw Disk.failure("look at the disk of " + config.directory(), e);
        }
    }

    public ChunkStoreStatus status() {
        long chunks = 0;
        long liveBytes = 0;
        long deadBytes = 0;
        long fileBytes = 0;
        int damaged = 0;
        List<SegmentTable.Entry> entries = table.entries();
        for (SegmentTable.Entry entry : entries) {
            SegmentRow row = entry.row();
            chunks += row.liveCount();
            liveBytes += row.liveBytes();
            deadBytes += row.deadBytes();
            fileBytes += row.fileBytes();
            damaged += row.damaged() ? 1 : 0;
        }
        return new ChunkStoreStatus(
                identity,
                entries.size(),
                chunks,
                liveBytes,
                deadBytes,
                fileBytes,
                damaged,
                damageLog.all().size(),
                usableBytes(),
                appends.sum(),
                appendedBytes.sum(),
                fsyncs.sum(),
                reads.sum(),
                readBytes.sum(),
                deletes.sum(),
                compactions.sum(),
                scrubbedBytes.sum(),
                scrubRounds.sum());
    }

    private <T> T run(String doing, Callable<T> work) {
        try {
            return Waiting.on(io, work);
        } catch (IOException e) {
            throw Disk.failure(doing + " in " + config.directory(), e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new VarveException(ErrorCode.STORAGE, doing + ": " + e, e);
        }
    }

    /** Writes what was submitted and closes; whatever happens, the directory is free afterwards. */
    @Override
    public void close() {
        end(true);
    }

    /** Closes without making the index durable, as if the process had died. */
    void abandon() {
        end(false);
    }

    private void end(boolean isOrderly) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        lanes.forEach(Lane::close);
        io.close();
        acknowledging.close();
        if (isOrderly) {
            try {
                table.index().flush();
            } catch (VarveException e) {
                LOG.warn(
                        "could not flush the chunk index; the next start reads more directory={}",
                        config.directory(),
                        e);
            }
        }
        table.index().close();
        reader.close();
        try {
            directoryLock.close();
        } catch (IOException e) {
            LOG.warn("could not release the chunk store directory={}", config.directory(), e);
        }
    }
}
