package dev.varve.blobstore;

import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.MetaBatch;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaState;
import dev.varve.blobstore.meta.RowHash;
import dev.varve.blobstore.meta.ShardHead;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's copy of one shard, which follows the shard's log as those of all other nodes do. What an operation of this
 * node answers is what comes out when this node applies it.
 *
 * <p>Failures: a record that cannot be applied because the disk is full is tried again, and so, for a minute, is a checkpoint
 * that cannot be read. If anything else cannot be applied, the copy stands still and answers nothing more until it is loaded
 * anew.
 */
final class SharedShard implements SharedLog.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(SharedShard.class);
    private static final long RETRY_NANOS = 200_000_000;
    /** Then there may be a newer one, and this one may be gone. */
    private static final int MOST_LOADS = 60;

    private static final long LEAST_BETWEEN_BYTES = 64L << 20;
    /** Taken for the size of a record of an earlier run. */
    private static final long RECORD_BYTES = 256;

    private static final int MOST_HEADS = 1024;

    /** Waits for what this node's own operation answers. */
    private record Own(CompletableFuture<Object> answer) {}

    private final int shard;
    private final MetaState state;
    private final SharedLog log;
    private final Chunks chunks;
    private final LongConsumer onApplied;
    private final Alarms alarms;

    /** The last heads, by position; guarded by itself. */
    private final ShardHead[] heads = new ShardHead[MOST_HEADS];

    private volatile @Nullable VarveException failure;
    private volatile long followedFrom;
    private volatile boolean closed;

    /** Of records seen since the last checkpoint that is known of; guarded by this, as the next two. */
    private long bytesSince;

    private long checkpointBytes;
    private long startSeen;

    SharedShard(int shard, MetaState state, SharedLog log, Chunks chunks, LongConsumer onApplied, Alarms alarms) {
        this.shard = shard;
        this.state = state;
        this.log = log;
        this.chunks = chunks;
        this.onApplied = onApplied;
        this.alarms = alarms;
    }

    void follow() {
        if (state.head(shard).next() == 0) {
            // A load that did not end may have left rows.
            state.renew(shard);
        }
        long next = state.head(shard).next();
        followedFrom = next;
        bytesSince = next * RECORD_BYTES;
        log.follow(next, this);
    }

    SharedLog log() {
        return log;
    }

    // -- what the log says

    @Override
    public void record(long position, SharedLog.Stamp stamp, ByteBuffer bytes, @Nullable Object own) {
        VarveException failed = failure;
        if (failed != null) {
            return;
        }
        int size = bytes.remaining();
        try {
            answer(apply(position, MetaBatch.decodeUntimed(stamp.time(), stamp.trusted(), bytes)), own);
        } catch (RuntimeException e) {
            fail("record " + position + " of " + log.name() + " cannot be applied: " + e, e);
            return;
        }
        remember(state.head(shard));
        synchronized (this) {
            bytesSince += size;
        }
        onApplied.accept(size);
    }

    private MetaState.Result apply(long position, MetaBatch batch) {
        while (true) {
            try {
                return state.apply(shard, position, batch).getFirst();
            } catch (VarveException e) {
                if (e.code() != ErrorCode.DISK_FULL || closed) {
                    throw e;
                }
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    private static void answer(MetaState.Result result, @Nullable Object own) {
        if (!(own instanceof Own(CompletableFuture<Object> answer))) {
            return;
        }
        switch (result) {
            case MetaState.Result.Done(Object value) -> answer.complete(value);
            case MetaState.Result.Refused(VarveException reason) -> answer.completeExceptionally(reason);
        }
    }

    private synchronized void fail(String what, RuntimeException e) {
        if (failure != null) {
            return;
        }
        if (!closed) {
            LOG.error("the metadata of a shard stand still on this node shard={} why={}", shard, what, e);
            alarms.raise("metadata-failed", log.name(), what);
        }
        failure = new VarveException(ErrorCode.NOT_READY, "the metadata of this node have failed: " + what, e)
                .withHint("ask another node");
    }

    @Override
    public void skip(SharedLog.Checkpoint checkpoint) {
        for (int tries = 1; ; tries++) {
            try {
                load(checkpoint);
                return;
            } catch (VarveException | IOException e) {
                String what =
                        "the checkpoint of " + log.name() + " at " + checkpoint.position() + " cannot be loaded: " + e;
                if (closed || tries == MOST_LOADS) {
                    fail(what, e instanceof VarveException known ? known : new UncheckedIOException((IOException) e));
                    return;
                }
                LOG.error("a checkpoint cannot be loaded and is tried again shard={}", shard, e);
                alarms.raise("checkpoint-unreadable", log.name(), what);
            }
            LockSupport.parkNanos(5 * RETRY_NANOS);
        }
    }

    private void load(SharedLog.Checkpoint checkpoint) throws IOException {
        long began = System.nanoTime();
        state.withdraw(shard);
        CheckpointManifest manifest = CheckpointManifest.read(chunks, checkpoint.manifest());
        if (manifest.head().next() != checkpoint.position()) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "a checkpoint at " + checkpoint.position() + " says it is at "
                            + manifest.head().next());
        }
        try (CheckpointInput in = new CheckpointInput(chunks, manifest.parts())) {
            state.load(shard, manifest.head(), in);
        }
        remember(manifest.head());
        synchronized (this) {
            bytesSince = 0;
            checkpointBytes = manifest.bytes();
        }
        onApplied.accept(manifest.bytes());
        alarms.clear("checkpoint-unreadable", log.name());
        LOG.info(
                "loaded a checkpoint shard={} position={} rows={} millis={}",
                shard,
                checkpoint.position(),
                manifest.rows(),
                (System.nanoTime() - began) / 1_000_000);
    }

    // -- what callers ask

    /** The future completes as that of {@link Shards#submit}. */
    CompletableFuture<Object> submit(MetaOp<?> op) {
        checkWorks();
        ByteBuffer record = MetaBatch.encodeUntimed(op);
        if (record.remaining() > SharedLog.MAX_RECORD_BYTES) {
            throw new VarveException(
                            ErrorCode.TOO_LARGE,
                            "a change of metadata has " + record.remaining() + " bytes; at most "
                                    + SharedLog.MAX_RECORD_BYTES)
                    .withHint("change fewer objects at once");
        }
        CompletableFuture<Object> answer = new CompletableFuture<>();
        CompletableFuture<Long> appended = log.append(record, new Own(answer));
        return appended.handle((position, failed) -> failed).thenCompose(failed -> {
            if (answer.isDone()) {
                return answer;
            }
            return CompletableFuture.failedFuture(failed == null ? unanswered() : cause(failed));
        });
    }

    private static Throwable cause(Throwable failed) {
        return failed instanceof CompletionException && failed.getCause() != null ? failed.getCause() : failed;
    }

    private static VarveException unanswered() {
        return new VarveException(
                        ErrorCode.UNKNOWN_OUTCOME,
                        "the change is durable, and this node has not seen whether it was refused")
                .withHint("look whether it has taken effect");
    }

    /** Completes when this node has seen all that was acknowledged anywhere before the call. */
    CompletableFuture<Long> caughtUp() {
        return log.caughtUp().thenApply(position -> {
            if (position < followedFrom) {
                String what = log.name() + " ends at " + position + ", and this node has seen " + followedFrom
                        + " records of it: its register was lost or set back";
                fail(what, new VarveException(ErrorCode.CORRUPT, what));
            }
            return position;
        });
    }

    void checkWorks() {
        VarveException failed = failure;
        if (failed != null) {
            throw new VarveException(failed.code(), String.valueOf(failed.getMessage()), failed)
                    .withHint("ask another node");
        }
    }

    boolean hasFailed() {
        return failure != null;
    }

    private void remember(ShardHead head) {
        synchronized (heads) {
            heads[(int) (head.next() % MOST_HEADS)] = head;
        }
    }

    /** Hash of all that the records below a position made, if it was not long ago. */
    Optional<RowHash> hashAt(long position) {
        ShardHead now = state.head(shard);
        if (now.next() == position) {
            return Optional.of(now.hash());
        }
        synchronized (heads) {
            ShardHead head = heads[(int) (position % MOST_HEADS)];
            return head != null && head.next() == position ? Optional.of(head.hash()) : Optional.empty();
        }
    }

    // -- checkpoints

    /** Whether so much has happened that a checkpoint is worth it. */
    synchronized boolean isCheckpointDue() {
        long start = log.start().orElse(startSeen);
        if (start > startSeen) {
            // Somebody wrote one: now, or before this node began to look.
            bytesSince = startSeen == 0 ? (state.head(shard).next() - start) * RECORD_BYTES : 0;
            startSeen = start;
        }
        return bytesSince >= Math.max(LEAST_BETWEEN_BYTES, checkpointBytes);
    }

    /** Writes a checkpoint and has the log begin there; false if this node does not lead, or nothing has happened since. */
    boolean checkpoint(CheckpointWriter writer) {
        Optional<CheckpointManifest> written;
        try {
            written = state.look(shard, image -> {
                long position = image.head().next();
                return position == 0 || state.exchanges(shard) % 2 != 0
                        ? Optional.empty()
                        : Optional.of(writer.write(image, log.birth(position)));
            });
        } catch (VarveException e) {
            if (e.code() == ErrorCode.CORRUPT) {
                alarms.raise("metadata-damaged", log.name(), "no checkpoint is written: " + e.getMessage());
            }
            throw e;
        }
        if (written.isEmpty()) {
            return false;
        }
        CheckpointManifest manifest = written.get();
        long position = manifest.head().next();
        ByteBuffer bytes = manifest.write(chunks, log.birth(position));
        boolean isNamed =
                log.checkpoint(new SharedLog.Checkpoint(position, bytes)).join();
        if (isNamed) {
            synchronized (this) {
                bytesSince = 0;
                checkpointBytes = manifest.bytes();
                startSeen = log.start().orElse(startSeen);
            }
            LOG.info(
                    "wrote a checkpoint shard={} position={} rows={} bytes={}",
                    shard,
                    position,
                    manifest.rows(),
                    manifest.bytes());
        }
        return isNamed;
    }

    /** From now on nothing that goes wrong matters. */
    void stop() {
        closed = true;
    }

    /** Follows no more; the state is closed after that. */
    void close() {
        stop();
        try {
            log.close();
        } catch (VarveException e) {
            LOG.warn("a log does not close log={}", log.name(), e);
        }
    }

    /** The name of a shard's log on all nodes. */
    static String logName(int shard) {
        return "meta/%02d".formatted(shard);
    }
}
