package dev.varve.blobstore;

import dev.varve.blobstore.disk.DirectoryLock;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A commit log in one directory of one disk, fsynced before it acknowledges. {@link LogSegment} is its format.
 *
 * <p>Threads: callers put batches into a queue bounded in bytes and wait when it is full. One writer thread takes all that
 * is queued, writes it and fsyncs once (group commit); it alone touches the files and the fields marked so, and nobody can
 * interrupt it. A second thread completes the futures, so that a caller's continuation cannot stall or deadlock the
 * writer. Readers open files of their own.
 *
 * <p>Failures: when a write fails (a full disk), the file is cut back and every batch of the group fails with that error;
 * later appends work once they can. When {@code fsync} fails nobody knows what is on disk: that group and all later
 * appends answer {@link Outcome.Unknown} until the log is opened again.
 */
public final class LocalCommitLog implements CommitLog {
    /** The largest batch. */
    public static final int MAX_BATCH_BYTES = 64 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(LocalCommitLog.class);
    private static final int STAGING_BYTES = 1 << 20;

    private sealed interface Task {
        record Append(ByteBuffer batch, long expected, int crc, CompletableFuture<Outcome> done) implements Task {}

        record Truncate(long position, CompletableFuture<Void> done) implements Task {}
    }

    private final Path directory;
    private final CommitLogConfig config;
    private final Disk disk;
    private final DirectoryLock directoryLock;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition queueChanged = lock.newCondition();
    /** These three are guarded by {@link #lock}. */
    private final ArrayDeque<Task> queue = new ArrayDeque<>();

    private long queuedBytes;
    private boolean closed;

    private final Thread writer;
    private final ExecutorService acknowledging = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("varve-log-acks").factory());

    private volatile List<LogSegment> segments;
    private volatile long end;

    /** From here on only the writer thread touches it. */
    private Disk.Output output;

    private long length;
    private boolean marked;
    private @Nullable IOException poison;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);

    private LocalCommitLog(
            Path directory,
            CommitLogConfig config,
            Disk disk,
            DirectoryLock directoryLock,
            List<LogSegment> segments,
            Disk.Output output,
            LogSegment.Tail tail) {
        this.directory = directory;
        this.config = config;
        this.disk = disk;
        this.directoryLock = directoryLock;
        this.segments = List.copyOf(segments);
        this.output = output;
        this.length = tail.offset();
        this.end = tail.position();
        this.marked = tail.marked();
        this.writer = Thread.ofPlatform().daemon().name("varve-log-writer").unstarted(this::run);
    }

    /** Opens or makes the log in a directory, which no other process may have open. */
    public static LocalCommitLog open(Path directory, CommitLogConfig config) {
        return open(directory, config, Disk.REAL);
    }

    static LocalCommitLog open(Path directory, CommitLogConfig config, Disk disk) {
        try {
            disk.createDirectories(directory.toAbsolutePath());
            DirectoryLock directoryLock = DirectoryLock.acquire(directory);
            try {
                List<LogSegment> segments = findSegments(directory);
                if (segments.isEmpty()) {
                    segments.add(createSegment(disk, directory, 0));
                }
                LogSegment last = segments.getLast();
                LogSegment.Tail tail = findTail(last);
                Disk.Output output = disk.output(last.path(), tail.offset());
                try {
                    output.truncate(tail.offset());
                    // What was read is about to be relied on, also where the process died before its fsync.
                    output.force();
                    disk.syncDirectory(directory);
                } catch (IOException e) {
                    output.close();
                    throw e;
                }
                LocalCommitLog log = new LocalCommitLog(directory, config, disk, directoryLock, segments, output, tail);
                log.writer.start();
                return log;
            } catch (IOException | RuntimeException e) {
                directoryLock.close();
                throw e;
            }
        } catch (IOException e) {
            throw Disk.failure("open the commit log in " + directory, e);
        }
    }

    private static List<LogSegment> findSegments(Path directory) throws IOException {
        List<LogSegment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (LogSegment.isSegment(file)) {
                    segments.add(LogSegment.open(file));
                } else if (file.toString().endsWith(".new")) {
                    Files.delete(file);
                }
            }
        }
        segments.sort(Comparator.comparingLong(LogSegment::base));
        return segments;
    }

    private static LogSegment.Tail findTail(LogSegment last) throws IOException {
        try (LogFileReader file = new LogFileReader(last.path())) {
            LogSegment.Tail tail = last.read(file, Long.MAX_VALUE, Long.MAX_VALUE, (position, bytes) -> {});
            if (tail.offset() < file.size()) {
                if (last.wasSynced(file, tail.offset())) {
                    throw LogSegment.corrupt(last.path(), tail.offset());
                }
                LOG.warn(
                        "cut a torn tail of the commit log file={} offset={} bytes={}",
                        last.path(),
                        tail.offset(),
                        file.size() - tail.offset());
            }
            return tail;
        }
    }

    private static LogSegment createSegment(Disk disk, Path directory, long base) throws IOException {
        Path path = directory.resolve(LogSegment.fileName(base));
        Path draft = directory.resolve(path.getFileName() + ".new");
        LogSegment segment =
                new LogSegment(path, base, ThreadLocalRandom.current().nextInt());
        try {
            try (Disk.Output out = disk.output(draft, 0)) {
                out.truncate(0);
                out.write(segment.header());
                out.force();
            }
            disk.moveDurably(draft, path);
        } catch (IOException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        return segment;
    }

    @Override
    public CompletableFuture<Outcome> append(ByteBuffer batch, long expected) {
        int size = batch.remaining();
        if (size > MAX_BATCH_BYTES) {
            throw new VarveException(ErrorCode.TOO_LARGE, "a batch has " + size + " bytes; at most " + MAX_BATCH_BYTES)
                    .withHint("send smaller batches");
        }
        ByteBuffer bytes = batch.asReadOnlyBuffer();
        CompletableFuture<Outcome> done = new CompletableFuture<>();
        Task.Append task = new Task.Append(bytes, expected, LogSegment.crc(bytes), done);
        lock.lock();
        try {
            while (!closed && queuedBytes > 0 && queuedBytes + size > config.queueBytes()) {
                queueChanged.awaitUninterruptibly();
            }
            checkOpen();
            queuedBytes += size;
            queue.add(task);
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
        return done;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the commit log in " + directory + " is closed");
        }
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public long start() {
        return segments.getFirst().base();
    }

    @Override
    public void read(long from, Reader reader) {
        long until = end;
        List<LogSegment> now = segments;
        if (from < now.getFirst().base()) {
            throw new IllegalArgumentException("position " + from + " is before the start "
                    + now.getFirst().base());
        }
        for (int i = 0; i < now.size(); i++) {
            LogSegment segment = now.get(i);
            long limit = i + 1 < now.size() ? Math.min(until, now.get(i + 1).base()) : until;
            if (limit <= from) {
                continue;
            }
            try (LogFileReader file = new LogFileReader(segment.path())) {
                LogSegment.Tail tail = segment.read(file, from, limit, reader);
                if (tail.position() < limit) {
                    throw LogSegment.corrupt(segment.path(), tail.offset());
                }
            } catch (IOException e) {
                throw Disk.failure("read " + segment.path(), e);
            }
        }
    }

    @Override
    public void truncateBefore(long position) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        lock.lock();
        try {
            checkOpen();
            queue.add(new Task.Truncate(position, done));
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
        done.join();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                writer.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        acknowledging.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            for (List<Task> group = take(); !group.isEmpty(); group = take()) {
                if (group.getFirst() instanceof Task.Truncate truncate) {
                    truncate(truncate);
                } else {
                    write(group);
                }
            }
            finish();
        } finally {
            try {
                output.close();
                directoryLock.close();
            } catch (IOException e) {
                LOG.warn("could not close the commit log directory={}", directory, e);
            }
        }
    }

    /** Waits for work: one truncation, or appends up to the group limit; empty when closed and drained. */
    private List<Task> take() {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                queueChanged.awaitUninterruptibly();
            }
            List<Task> group = new ArrayList<>();
            long bytes = 0;
            while (!queue.isEmpty()) {
                Task next = queue.getFirst();
                long size = next instanceof Task.Append append ? append.batch().remaining() : 0;
                boolean joins = group.isEmpty() || (next instanceof Task.Append && bytes + size <= config.groupBytes());
                if (!joins || (!group.isEmpty() && group.getFirst() instanceof Task.Truncate)) {
                    break;
                }
                group.add(queue.removeFirst());
                bytes += size;
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
                if (task instanceof Task.Append append) {
                    queuedBytes -= append.batch().remaining();
                }
            }
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void write(List<Task> group) {
        Outcome[] outcomes = new Outcome[group.size()];
        VarveException failure = null;
        IOException poisoned = poison;
        if (poisoned == null) {
            long before = length;
            try {
                if (length >= config.segmentBytes()) {
                    roll();
                    before = length;
                }
                long next = writeRecords(group, outcomes);
                if (next > end) {
                    force();
                    marked = false;
                    end = next;
                }
            } catch (IOException e) {
                failure = Disk.failure("append to the commit log in " + directory, e);
                cutBack(before);
                poisoned = poison;
            } catch (RuntimeException | Error e) {
                poisoned = new IOException("the writer of the commit log failed", e);
                poison = poisoned;
                LOG.error("the commit log takes no more until restart directory={}", directory, e);
            }
        }
        release(group);
        Throwable unknown = poisoned;
        VarveException refused = failure;
        acknowledging.execute(() -> {
            for (int i = 0; i < outcomes.length; i++) {
                if (group.get(i) instanceof Task.Append append) {
                    if (unknown != null) {
                        append.done().complete(new Outcome.Unknown(unknown));
                    } else if (refused != null) {
                        append.done().completeExceptionally(refused);
                    } else {
                        append.done().complete(outcomes[i]);
                    }
                }
            }
        });
    }

    /** Writes what may be written and decides each outcome; returns the position after the last. */
    private long writeRecords(List<Task> group, Outcome[] outcomes) throws IOException {
        LogSegment segment = segments.getLast();
        long synced = length;
        long position = end;
        for (int i = 0; i < outcomes.length; i++) {
            if (!(group.get(i) instanceof Task.Append append)) {
                throw new IllegalStateException("not an append: " + group.get(i));
            }
            if (append.expected() != ANYWHERE && append.expected() != position) {
                outcomes[i] = new Outcome.Fenced(position);
                continue;
            }
            if (staging.remaining() < LogSegment.RECORD_HEADER_BYTES) {
                writeStaged();
            }
            segment.putRecordHeader(staging, append.batch().remaining(), position, synced, append.crc());
            stage(append.batch().duplicate());
            outcomes[i] = new Outcome.Appended(position);
            position++;
        }
        writeStaged();
        return position;
    }

    /** Copies small batches together, and heap ones off the heap; a large direct buffer is written from where it is. */
    private void stage(ByteBuffer batch) throws IOException {
        if (batch.isDirect() && batch.remaining() >= staging.capacity()) {
            writeStaged();
            length += batch.remaining();
            output.write(batch);
            return;
        }
        while (batch.hasRemaining()) {
            if (!staging.hasRemaining()) {
                writeStaged();
            }
            int count = Math.min(staging.remaining(), batch.remaining());
            staging.put(batch.slice(batch.position(), count));
            batch.position(batch.position() + count);
        }
    }

    private void writeStaged() throws IOException {
        staging.flip();
        length += staging.remaining();
        try {
            output.write(staging);
        } finally {
            staging.clear();
        }
    }

    private void force() throws IOException {
        try {
            output.force();
        } catch (IOException e) {
            poison = e;
            LOG.error("fsync of the commit log failed; it takes no more until restart directory={}", directory, e);
            throw e;
        }
    }

    /** After a failed write: nothing of it may ever come back, so the cut is made durable before anyone is told. */
    private void cutBack(long before) {
        staging.clear();
        if (poison != null) {
            return;
        }
        try {
            output.truncate(before);
            length = before;
            force();
        } catch (IOException e) {
            poison = e;
            LOG.error("could not undo a failed write directory={}", directory, e);
        }
    }

    /** Starts a new file; the one before is complete and durable. */
    private void roll() throws IOException {
        LogSegment next = createSegment(disk, directory, end);
        Disk.Output finished = output;
        output = disk.output(next.path(), LogSegment.HEADER_BYTES);
        length = LogSegment.HEADER_BYTES;
        marked = true;
        List<LogSegment> all = new ArrayList<>(segments);
        all.add(next);
        segments = List.copyOf(all);
        finished.close();
    }

    private void truncate(Task.Truncate task) {
        try {
            if (poison == null) {
                if (task.position() >= end && end > segments.getLast().base()) {
                    roll();
                }
                List<LogSegment> kept = new ArrayList<>(segments);
                while (kept.size() > 1 && kept.get(1).base() <= task.position()) {
                    Path gone = kept.removeFirst().path();
                    segments = List.copyOf(kept);
                    Files.deleteIfExists(gone);
                }
                disk.syncDirectory(directory);
            }
            acknowledging.execute(() -> task.done().complete(null));
        } catch (IOException e) {
            VarveException failure = Disk.failure("truncate the commit log in " + directory, e);
            acknowledging.execute(() -> task.done().completeExceptionally(failure));
        }
    }

    /** Marks the log as complete, so that the next start can tell damage from a torn tail everywhere. */
    private void finish() {
        if (marked || poison != null) {
            return;
        }
        try {
            segments.getLast().putMark(staging, end, length);
            writeStaged();
            output.force();
        } catch (IOException e) {
            LOG.warn("could not mark the commit log as closed directory={}", directory, e);
        }
    }
}
