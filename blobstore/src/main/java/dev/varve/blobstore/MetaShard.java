package dev.varve.blobstore;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.meta.MetaBatch;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard: its log, and the thread that writes operations to it and applies them to the rows.
 *
 * <p>Callers put operations into a queue bounded in bytes. The thread takes all that wait as one batch, hands it to the log
 * and, while that is being fsynced, applies the batch before; then it answers. So a batch is as large as the log is slow,
 * and nothing is answered or visible before it is durable. Nobody interrupts the thread. Continuations of the answers run
 * on it and must not block.
 *
 * <p>Failures: what the log refused for certain fails with the log's error, and the shard goes on. If the log does not know
 * whether a batch is durable, its operations fail with {@code STORAGE} and a message that says so, and the shard takes no
 * more until the store is opened again, which finds out. A durable batch that cannot be applied because the disk is full is
 * tried again; meanwhile nothing new is taken.
 */
final class MetaShard {
    /** The largest operation. */
    static final int MAX_OP_BYTES = 32 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(MetaShard.class);
    private static final long RETRY_NANOS = 200_000_000;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Waiting(MetaOp<?> op, byte[] bytes, CompletableFuture<Object> answer) {}

    /** Operations on their way to the log, or durable and not yet applied. */
    private record Group(long position, MetaBatch batch, List<Waiting> waiting) {}

    private final int shard;
    private final Path directory;
    private final MetaConfig config;
    private final Disk disk;
    private final MetaState state;
    private final SteadyTime time;
    private final LongConsumer onApplied;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition queueChanged = lock.newCondition();
    /** All from here to the log are guarded by {@link #lock}. */
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();

    private long queuedBytes;
    private boolean closed;
    private @Nullable Thread thread;
    private @Nullable VarveException refusal;

    private volatile @Nullable CommitLog log;

    /** These two only the thread touches. */
    private @Nullable Group flying;

    private @Nullable Group durable;

    /**
     * A shard that is not running yet.
     *
     * @param onApplied is told how many bytes of operations were applied
     */
    MetaShard(
            int shard,
            Path directory,
            MetaConfig config,
            Disk disk,
            MetaState state,
            SteadyTime time,
            LongConsumer onApplied) {
        this.shard = shard;
        this.directory = directory;
        this.config = config;
        this.disk = disk;
        this.state = state;
        this.time = time;
        this.onApplied = onApplied;
    }

    /** Opens the log if there is one, and applies what the rows do not have yet. */
    void recover() {
        if (Files.isDirectory(directory)) {
            openLog();
        } else if (state.head(shard).next() > 0) {
            throw lost("there is none");
        }
    }

    private VarveException lost(String found) {
        return new VarveException(
                        ErrorCode.CORRUPT,
                        "the metadata in " + directory + " needs its commit log from position "
                                + state.head(shard).next() + ", but " + found)
                .withHint("nothing was changed; restore the directory from a copy");
    }

    private CommitLog openLog() {
        CommitLog opened = LocalCommitLog.open(directory, config.log(), disk);
        try {
            long next = state.head(shard).next();
            if (next < opened.start() || next > opened.end()) {
                throw lost("it holds " + opened.start() + " to " + opened.end());
            }
            opened.read(next, (position, bytes) -> state.apply(shard, position, MetaBatch.decode(bytes)));
            if (opened.end() > next) {
                LOG.info("replayed the commit log shard={} batches={}", shard, opened.end() - next);
            }
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        log = opened;
        return opened;
    }

    /** Queues an operation; the future completes after it is durable and visible, or with the reason for its refusal. */
    CompletableFuture<Object> submit(MetaOp<?> op) {
        byte[] bytes = MetaBatch.encode(op);
        if (bytes.length > MAX_OP_BYTES) {
            throw new VarveException(
                            ErrorCode.TOO_LARGE,
                            "a change of metadata has " + bytes.length + " bytes; at most " + MAX_OP_BYTES)
                    .withHint("change fewer objects at once");
        }
        Waiting waiting = new Waiting(op, bytes, new CompletableFuture<>());
        lock.lock();
        try {
            while (!closed && refusal == null && queuedBytes > 0 && queuedBytes + bytes.length > config.queueBytes()) {
                queueChanged.awaitUninterruptibly();
            }
            if (closed) {
                throw new IllegalStateException("the metadata in " + directory + " is closed");
            }
            if (refusal != null) {
                throw refusal;
            }
            queuedBytes += bytes.length;
            queue.add(waiting);
            queueChanged.signalAll();
            if (thread == null) {
                thread =
                        Thread.ofPlatform().daemon().name("varve-meta-" + shard).start(this::run);
            }
        } finally {
            lock.unlock();
        }
        return waiting.answer();
    }

    private void run() {
        CommitLog opened = log;
        try {
            opened = opened != null ? opened : openLog();
        } catch (VarveException e) {
            // Nothing was written: the next operation tries again.
            refuseQueue(e, false);
            return;
        }
        try {
            commit(opened);
        } catch (RuntimeException | Error e) {
            LOG.error("the metadata of a shard take no more changes until restart shard={}", shard, e);
            VarveException unknown = new VarveException(
                            ErrorCode.STORAGE, "it is unknown whether the change takes effect: " + e, e)
                    .withHint("opening the store again decides it");
            fail(durable, unknown);
            fail(flying, unknown);
            refuseQueue(
                    new VarveException(ErrorCode.STORAGE, "shard " + shard + " of the metadata has failed: " + e, e)
                            .withHint("open the store again"),
                    true);
        }
    }

    private void commit(CommitLog commits) {
        while (true) {
            List<Waiting> waiting = take(durable == null);
            if (waiting.isEmpty()) {
                if (durable == null) {
                    return;
                }
                apply(durable);
                continue;
            }
            Instant now = time.now();
            Instant trusted = time.trusted(now);
            MetaBatch batch = new MetaBatch(
                    now, trusted, waiting.stream().<MetaOp<?>>map(Waiting::op).toList());
            Group next = new Group(commits.end(), batch, waiting);
            CompletableFuture<CommitLog.Outcome> outcome = commits.append(
                    MetaBatch.encode(
                            now, trusted, waiting.stream().map(Waiting::bytes).toList()),
                    next.position());
            flying = next;
            if (durable != null) {
                apply(durable);
            }
            settle(next, outcome);
        }
    }

    /** Takes what waits, up to a batch; empty if there is nothing and it should not wait, or the shard is closed. */
    private List<Waiting> take(boolean waits) {
        lock.lock();
        try {
            while (waits && queue.isEmpty() && !closed) {
                queueChanged.awaitUninterruptibly();
            }
            List<Waiting> taken = new ArrayList<>();
            long bytes = 0;
            while (!queue.isEmpty()
                    && (taken.isEmpty() || bytes + queue.getFirst().bytes().length <= config.batchBytes())) {
                Waiting next = queue.removeFirst();
                bytes += next.bytes().length;
                taken.add(next);
            }
            queuedBytes -= bytes;
            if (bytes > 0) {
                queueChanged.signalAll();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void settle(Group group, CompletableFuture<CommitLog.Outcome> outcome) {
        CommitLog.Outcome found;
        try {
            found = outcome.join();
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof VarveException refused)) {
                throw e;
            }
            fail(group, refused);
            flying = null;
            return;
        }
        switch (found) {
            case CommitLog.Outcome.Appended(long position) -> {
                if (position != group.position()) {
                    throw new IllegalStateException("expected position " + group.position() + ", got " + position);
                }
                durable = group;
                flying = null;
            }
            case CommitLog.Outcome.Fenced(long end) -> {
                VarveException fenced = new VarveException(
                        ErrorCode.NOT_READY,
                        "shard " + shard + " of the metadata has another writer, which has come to " + end);
                fail(group, fenced);
                flying = null;
                throw fenced;
            }
            case CommitLog.Outcome.Unknown(Throwable cause) ->
                throw new VarveException(ErrorCode.STORAGE, "the commit log failed: " + cause, cause);
        }
    }

    private void apply(Group group) {
        List<MetaState.Result> results = applyDurable(group);
        durable = null;
        long bytes = 0;
        for (int i = 0; i < results.size(); i++) {
            Waiting waiting = group.waiting().get(i);
            bytes += waiting.bytes().length;
            switch (results.get(i)) {
                case MetaState.Result.Done(Object answer) -> waiting.answer().complete(answer);
                case MetaState.Result.Refused(VarveException reason) ->
                    waiting.answer().completeExceptionally(reason);
            }
        }
        onApplied.accept(bytes);
    }

    private List<MetaState.Result> applyDurable(Group group) {
        while (true) {
            try {
                List<MetaState.Result> results = state.apply(shard, group.position(), group.batch());
                setRefusal(null);
                return results;
            } catch (VarveException e) {
                if (e.code() != ErrorCode.DISK_FULL || !setRefusal(e)) {
                    throw e;
                }
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    /** Says why new operations are refused; false if the shard is being closed. */
    private boolean setRefusal(@Nullable VarveException reason) {
        lock.lock();
        try {
            refusal = reason;
            queueChanged.signalAll();
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private static void fail(@Nullable Group group, VarveException reason) {
        if (group != null) {
            group.waiting().forEach(waiting -> waiting.answer().completeExceptionally(reason));
        }
    }

    private void refuseQueue(VarveException reason, boolean isForGood) {
        List<Waiting> refused;
        lock.lock();
        try {
            refused = List.copyOf(queue);
            queue.clear();
            queuedBytes = 0;
            refusal = isForGood ? reason : null;
            thread = null;
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
        refused.forEach(waiting -> waiting.answer().completeExceptionally(reason));
    }

    /** Reads the log again; throws {@code CORRUPT} if it is not what was written. */
    void verifyLog() {
        CommitLog opened = log;
        if (opened != null) {
            opened.verify();
        }
    }

    Path directory() {
        return directory;
    }

    /** Forgets what the log holds below a position that the flushed rows have. */
    void truncateBefore(long position) {
        CommitLog opened = log;
        if (opened != null && opened.start() < position) {
            opened.truncateBefore(position);
        }
    }

    /** Takes no more operations, and waits for those it has. */
    void finish() {
        Thread running;
        lock.lock();
        try {
            closed = true;
            running = thread;
            queueChanged.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void closeLog() {
        CommitLog opened = log;
        if (opened != null) {
            opened.close();
        }
    }
}
