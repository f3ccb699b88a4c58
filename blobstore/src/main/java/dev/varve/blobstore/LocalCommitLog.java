package dev.varve.blobstore;

import dev.varve.blobstore.disk.DirectoryLock;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A commit log in one directory of one disk, fsynced before it acknowledges. {@link LogFiles} are its files.
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

    private sealed interface Task {
        record Append(ByteBuffer batch, long expected, int crc, CompletableFuture<Outcome> done) implements Task {}

        record Truncate(long position, CompletableFuture<Void> done) implements Task {}
    }

    private final Path directory;
    private final CommitLogConfig config;
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

    private volatile long end;

    /** Something in the files is not what was written: they are not continued. */
    private volatile boolean isDamaged;

    /** Written by the writer thread alone. */
    private final LogFiles files;

    /** Only the writer thread touches it. */
    private @Nullable IOException poison;

    private LocalCommitLog(Path directory, CommitLogConfig config, DirectoryLock directoryLock, LogFiles files) {
        this.directory = directory;
        this.config = config;
        this.directoryLock = directoryLock;
        this.files = files;
        this.end = files.firstEnd();
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
                LogFiles files = LogFiles.open(directory, disk);
                LocalCommitLog log = new LocalCommitLog(directory, config, directoryLock, files);
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
        return files.start();
    }

    @Override
    public void read(long from, Reader reader) {
        files.read(from, end, reader);
    }

    @Override
    public void verify() {
        try {
            files.verify(end);
        } catch (VarveException e) {
            isDamaged |= e.code() == ErrorCode.CORRUPT;
            throw e;
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
        try {
            done.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof VarveException failure ? failure : e;
        }
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
                files.close();
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
            long before = files.length();
            try {
                if (before >= config.segmentBytes()) {
                    files.roll(end);
                    before = files.length();
                }
                long next = writeRecords(group, outcomes);
                if (next > end) {
                    force();
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
        long synced = files.length();
        long position = end;
        for (int i = 0; i < outcomes.length; i++) {
            if (!(group.get(i) instanceof Task.Append append)) {
                throw new IllegalStateException("not an append: " + group.get(i));
            }
            if (append.expected() != ANYWHERE && append.expected() != position) {
                outcomes[i] = new Outcome.Fenced(position);
                continue;
            }
            files.add(append.batch().duplicate(), position, synced, append.crc());
            outcomes[i] = new Outcome.Appended(position);
            position++;
        }
        files.flush();
        return position;
    }

    private void force() throws IOException {
        try {
            files.force();
        } catch (IOException e) {
            poison = e;
            LOG.error("fsync of the commit log failed; it takes no more until restart directory={}", directory, e);
            throw e;
        }
    }

    /** After a failed write: nothing of it may ever come back, so the cut is made durable before anyone is told. */
    private void cutBack(long before) {
        if (poison != null) {
            return;
        }
        try {
            files.cutBack(before);
            force();
        } catch (IOException e) {
            poison = e;
            LOG.error("could not undo a failed write directory={}", directory, e);
        }
    }

    private void truncate(Task.Truncate task) {
        try {
            if (poison == null) {
                if (isDamaged || (task.position() >= end && !files.isLastEmpty(end))) {
                    files.roll(end);
                    isDamaged = false;
                }
                files.deleteBefore(task.position());
            }
            acknowledging.execute(() -> task.done().complete(null));
        } catch (IOException e) {
            VarveException failure = Disk.failure("truncate the commit log in " + directory, e);
            acknowledging.execute(() -> task.done().completeExceptionally(failure));
        }
    }

    /** Marks the log as complete, so that the next start can tell damage from a torn tail everywhere. */
    private void finish() {
        if (files.isMarked() || poison != null) {
            return;
        }
        try {
            files.mark(end);
        } catch (IOException e) {
            LOG.warn("could not mark the commit log as closed directory={}", directory, e);
        }
    }
}
