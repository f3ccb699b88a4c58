package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one segment after the other, with one fsync for all that waits.
 *
 * <p>One thread of its own takes what is queued, writes it, forces it, lets the index know and hands the futures to be
 * completed to another thread, so that nobody's continuation can stall it. While it waits for the disk, other lanes
 * write. {@link #lock} guards the queue; all else belongs to the thread.
 */
final class Lane {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    private static final int STAGING_BYTES = 1 << 20;

    private final ChunkStoreConfig config;
    private final SegmentFactory factory;
    private final SegmentTable table;
    private final Space space;
    private final ChunkIds ids;
    private final Stamps stamps;
    private final Executor acknowledging;
    private final Executor background;
    private final LongAdder fsyncs;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Task> queue = new ArrayDeque<>();
    private long queuedBytes;
    private boolean closed;

    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);
    private @Nullable SegmentWriter writer;

    Lane(
            int number,
            ChunkStoreConfig config,
            SegmentFactory factory,
            SegmentTable table,
            Space space,
            ChunkIds ids,
            Stamps stamps,
            Executor acknowledging,
            Executor background,
            LongAdder fsyncs) {
        this.config = config;
        this.factory = factory;
        this.table = table;
        this.space = space;
        this.ids = ids;
        this.stamps = stamps;
        this.acknowledging = acknowledging;
        this.background = background;
        this.fsyncs = fsyncs;
        this.thread = Thread.ofPlatform().name("chunk lane " + number).daemon().start(this::run);
    }

    /** Something to write. */
    sealed interface Task {
        CompletableFuture<?> done();

        default long bytes() {
            return 0;
        }

        /**
         * A chunk to pack.
         *
         * @param id null if it is to get one
         * @param stamp 0 if it is to get an id
         */
        record Put(
                ByteBuffer payload,
                Blocks blocks,
                long gcBirth,
                @Nullable ChunkId id,
                long stamp,
                CompletableFuture<ChunkRef> done)
                implements Task {
            @Override
            public long bytes() {
                return RecordHeader.recordBytes(payload.remaining());
            }
        }

        /** A plain file that is there from now on. */
        record Remember(ChunkRef ref, long gcBirth, long stamp, CompletableFuture<Boolean> done) implements Task {}

        /** Ends the segment being written if little of it is wanted. */
        record SealIfSparse(CompletableFuture<Boolean> done) implements Task {}

        /** Chunks that are not wanted any more; completes with those of them that are plain files. */
        record Forget(List<ChunkId> ids, CompletableFuture<Forgotten> done) implements Task {}
    }

    /**
     * What a delete did.
     *
     * @param count how many there were
     * @param files which of them are files that can go now
     */
    record Forgotten(int count, List<ChunkId> files) {}

    /** Waits while too much is queued. */
    void submit(Task task) {
        lock.lock();
        try {
            while (!closed && queuedBytes > 0 && queuedBytes + task.bytes() > config.queueBytes()) {
                changed.awaitUninterruptibly();
            }
            if (closed) {
                throw new IllegalStateException("the chunk store is closed");
            }
            queuedBytes += task.bytes();
            queue.add(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the segment being written if compaction would free it then, or it is damaged; returns when that is done. */
    void sealIfSparse() {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        submit(new Task.SealIfSparse(done));
        Waiting.get(done);
    }

    /** Bytes waiting and being written. */
    long load() {
        lock.lock();
        try {
            return queuedBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is queued and ends. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        Waiting.join(thread);
    }

    private void run() {
        for (List<Task> group = take(); !group.isEmpty(); group = take()) {
            write(group);
        }
        finish();
    }

    private List<Task> take() {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            List<Task> group = new ArrayList<>();
            long bytes = 0;
            while (!queue.isEmpty()) {
                Task next = queue.getFirst();
                if (!group.isEmpty() && bytes + next.bytes() > config.groupBytes()) {
                    break;
                }
                group.add(queue.removeFirst());
                bytes += next.bytes();
            }
            return group;
        } finally {
            lock.unlock();
        }
    }

    private void release(List<Task> group) {
        lock.lock();
        try {
            for (Task task : group) {
                queuedBytes -= task.bytes();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void write(List<Task> group) {
        Group written = new Group(group);
        try {
            written.write();
            if (group.stream().anyMatch(Task.SealIfSparse.class::isInstance)) {
                endIfSparse();
            }
        } catch (IOException e) {
            VarveException failure = Disk.failure("write chunks in " + config.directory(), e);
            written.failAll(failure);
        } catch (RuntimeException | Error e) {
            // The index does not take it; what it missed comes back when the store is opened again.
            LOG.error("chunks could not be indexed directory={}", config.directory(), e);
            retire();
            written.failAll(e);
        }
        release(group);
        acknowledging.execute(written::acknowledge);
    }

    /** Stops writing a segment in which something failed. */
    private void retire() {
        SegmentWriter failed = writer;
        writer = null;
        if (failed != null) {
            close(failed);
        }
    }

    private void close(SegmentWriter done) {
        try {
            done.close();
        } catch (IOException e) {
            LOG.warn("could not close a segment file={}", done.segment().path(), e);
        }
    }

    /** A segment with room in it. */
    private SegmentWriter writer() throws IOException {
        SegmentWriter now = writer;
        if (now != null) {
            SegmentTable.Entry entry = table.entry(now.segment().id());
            if (entry == null || entry.row().damaged()) {
                retire();
            } else if (now.length() >= config.segmentBytes()) {
                writer = null;
                seal(now);
            }
        }
        if (writer == null) {
            writer = factory.next(staging);
            if (writer.length() >= config.segmentBytes()) {
                return writer();
            }
        }
        return writer;
    }

    private void endIfSparse() {
        SegmentWriter now = writer;
        SegmentTable.Entry entry =
                now == null ? null : table.entry(now.segment().id());
        if (now == null) {
            return;
        }
        if (entry == null || entry.row().damaged()) {
            retire();
        } else if (entry.row().isBelow(config.compactPercent())) {
            writer = null;
            seal(now);
        }
    }

    private void seal(SegmentWriter full) {
        try (full) {
            full.add(RecordHeader.closing(RecordHeader.Kind.SEAL), null, null);
            full.flush();
            full.force();
            fsyncs.increment();
            table.seal(full.segment(), full.length());
            background.execute(table.index()::flush);
        } catch (IOException e) {
            LOG.warn(
                    "could not seal a segment; it is left as it is file={}",
                    full.segment().path(),
                    e);
        }
    }

    private void finish() {
        SegmentWriter last = writer;
        if (last == null) {
            return;
        }
        try (last) {
            if (!last.isMarked()) {
                last.add(RecordHeader.closing(RecordHeader.Kind.MARK), null, null);
                last.flush();
                last.force();
                table.mark(last.segment(), last.length());
            }
        } catch (IOException | VarveException e) {
            LOG.warn(
                    "could not mark a segment as closed file={}", last.segment().path(), e);
        }
    }

    /** Tasks written together, and what became of each. */
    private final class Group {
        private final List<Task> tasks;
        private final List<Runnable> outcomes = new ArrayList<>();
        private final List<SegmentScan.Found> records = new ArrayList<>();

        Group(List<Task> tasks) {
            this.tasks = tasks;
        }

        void failAll(Throwable failure) {
            outcomes.clear();
            for (Task task : tasks) {
                outcomes.add(() -> task.done().completeExceptionally(failure));
            }
        }

        void acknowledge() {
            outcomes.forEach(Runnable::run);
        }

        void write() throws IOException {
            SegmentWriter out = writer();
            List<Deleted> deletes = new ArrayList<>();
            try {
                addAll(out, deletes);
                out.flush();
            } catch (IOException e) {
                cutBack(out);
                throw e;
            }
            List<ChunkId> unwanted = List.of();
            if (!records.isEmpty()) {
                force(out);
                unwanted = table.append(out.segment(), records, out.length());
            }
            Set<ChunkId> files = new HashSet<>(unwanted);
            for (Deleted delete : deletes) {
                List<ChunkId> own = delete.ids.stream().filter(files::contains).toList();
                outcomes.add(() -> delete.task.done().complete(new Forgotten(delete.ids.size(), own)));
            }
        }

        private void force(SegmentWriter out) throws IOException {
            try {
                out.force();
                fsyncs.increment();
            } catch (IOException e) {
                LOG.error(
                        "fsync failed; the segment is not written any more file={}",
                        out.segment().path(),
                        e);
                retire();
                throw e;
            }
        }

        private void cutBack(SegmentWriter out) {
            try {
                out.cutBack();
            } catch (IOException e) {
                LOG.warn(
                        "could not undo a failed write; the segment is not written any more file={}",
                        out.segment().path(),
                        e);
                retire();
            }
        }

        private void addAll(SegmentWriter out, List<Deleted> deletes) throws IOException {
            long usable = space.usableBytes();
            for (Task task : tasks) {
                switch (task) {
                    case Task.Put put -> {
                        usable -= put.bytes();
                        if (usable < 0) {
                            VarveException full = space.full(put.bytes());
                            outcomes.add(() -> put.done().completeExceptionally(full));
                        } else {
                            add(out, put);
                        }
                    }
                    case Task.Remember remember -> {
                        RecordHeader file = RecordHeader.file(remember.ref(), remember.gcBirth(), remember.stamp());
                        add(out, file, null, null);
                        outcomes.add(() -> remember.done().complete(true));
                    }
                    case Task.SealIfSparse seal ->
                        outcomes.add(() -> seal.done().complete(true));
                    case Task.Forget forget -> deletes.add(bury(out, forget));
                }
            }
        }

        private void add(SegmentWriter out, Task.Put put) throws IOException {
            int length = put.payload().remaining();
            ChunkId given = put.id();
            ChunkId id = given != null ? given : ids.next(out.segment().group());
            RecordHeader header = RecordHeader.put(id, length, put.gcBirth(), put.blocks(), put.stamp());
            add(out, header, put.blocks(), put.payload());
            ChunkRef ref = new ChunkRef(id, length, put.blocks().crc());
            outcomes.add(() -> put.done().complete(ref));
        }

        private void add(SegmentWriter out, RecordHeader header, @Nullable Blocks blocks, @Nullable ByteBuffer payload)
                throws IOException {
            records.add(new SegmentScan.Found(out.add(header, blocks, payload), header));
        }

        private Deleted bury(SegmentWriter out, Task.Forget forget) throws IOException {
            Deleted deleted = new Deleted(forget, new HashSet<>());
            for (ChunkId id : forget.ids()) {
                ChunkRow row = table.find(id);
                if (row != null && deleted.ids.add(id)) {
                    long stamp = row.stamp() == 0 ? 0 : stamps.next();
                    add(out, RecordHeader.tombstone(id, row.segment(), stamp), null, null);
                }
            }
            return deleted;
        }

        private record Deleted(Task.Forget task, Set<ChunkId> ids) {}
    }

    /** What a failure inside the store is to a caller that waits for it. */
    static VarveException rethrown(Throwable cause) {
        return cause instanceof VarveException world
                ? world
                : new VarveException(ErrorCode.STORAGE, "the chunk store failed: " + cause, cause);
    }
}
