package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.SharedLog;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard of the rows of all datasets as a node has it: follows the shard's log, and keeps in memtables what is not in
 * files.
 *
 * <p>Threads: the log's own calls {@link #record} and {@link #skip}; anybody the rest.
 */
final class RowShard implements SharedLog.Follower {
    private static final Logger LOG = LoggerFactory.getLogger(RowShard.class);
    private static final int MOST_TRIES = 60;
    private static final long PAUSE_NANOS = 1_000_000_000;

    private final int number;
    private final SharedLog log;
    private final BlobStore blobs;
    private final MemTables tables;
    private final ShardKeys keys;
    private final MemoryGate gate;
    private final BufferAllocator memory;
    private final Runnable applied;
    /** Bytes of rows of this node that are on their way into some log. */
    private final AtomicLong reserved;

    private final AtomicLong skips = new AtomicLong();
    private volatile long appliedEnd;
    private volatile boolean isClosed;
    private volatile @Nullable VarveException broken;

    RowShard(
            int number,
            SharedLog log,
            BlobStore blobs,
            MemTables tables,
            ShardKeys keys,
            MemoryGate gate,
            BufferAllocator memory,
            AtomicLong reserved,
            Runnable applied) {
        this.number = number;
        this.log = log;
        this.blobs = blobs;
        this.tables = tables;
        this.keys = keys;
        this.gate = gate;
        this.memory = memory;
        this.reserved = reserved;
        this.applied = applied;
    }

    /** Reads what is known of keys: up to there all rows are in files. Before {@link #follow}. */
    void restore() {
        appliedEnd = keys.restore(blobs, Long.MAX_VALUE);
    }

    /** Begins to take rows. */
    void follow() {
        log.follow(appliedEnd, this);
    }

    int number() {
        return number;
    }

    SharedLog log() {
        return log;
    }

    MemTables tables() {
        return tables;
    }

    ShardKeys keys() {
        return keys;
    }

    /** Below it every record of the log is in a memtable or a snapshot. */
    long appliedEnd() {
        return appliedEnd;
    }

    /** How often rows were let go of because the log no longer has them: they are in snapshots, perhaps very new ones. */
    long skips() {
        return skips.get();
    }

    /** Throws if rows are missing here. */
    void checkWhole() {
        VarveException failure = broken;
        if (failure != null) {
            throw new VarveException(
                    failure.code(),
                    "this node could not follow shard " + number + " of the log: " + failure.getMessage(),
                    failure);
        }
    }

    @Override
    public void record(long position, SharedLog.Stamp stamp, ByteBuffer bytes, @Nullable Object own) {
        if (isClosed || broken != null) {
            return;
        }
        OwnRecord ours = own instanceof OwnRecord candidate && candidate.take() ? candidate : null;
        try {
            apply(position, stamp, bytes, ours);
            appliedEnd = position + 1;
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("rows of a shared log cannot be read shard={} position={}", number, position, e);
            broken = e instanceof VarveException known
                    ? known
                    : new VarveException(ErrorCode.STORAGE, "record " + position + " does not apply: " + e, e)
                            .withHint("restart the node");
        }
        applied.run();
    }

    private void apply(long position, SharedLog.Stamp stamp, ByteBuffer bytes, @Nullable OwnRecord own) {
        LogRecord record = own != null ? own.record() : LogRecord.decode(bytes);
        KeyHash key = record.key();
        ShardKeys.Entry first = key == null
                ? null
                : keys.decide(
                        key,
                        record.digest(),
                        position,
                        record.accepted(),
                        record.rejected(),
                        stamp.trusted().toEpochMilli());
        if (own != null) {
            reserved.addAndGet(-own.charge());
        }
        if (first != null) {
            if (own != null) {
                own.rows().close();
                gate.release(own.charge());
            }
        } else if (own != null) {
            tables.of(record.dataset()).add(own.rows(), position, own.charge());
        } else {
            long charge = charge(record, bytes.remaining());
            gate.takePatiently(charge, reserved::get);
            tables.of(record.dataset()).add(loadPatiently(record, bytes, charge), position, charge);
        }
        if (own != null) {
            own.set(new OwnRecord.Result(position, first));
        }
    }

    /** Bytes that rows take once they are in memory. */
    static long charge(LogRecord record, long length) {
        return length + 2L * Long.BYTES * record.rows();
    }

    /** Queries and flushes give memory back; until then this node follows no further. */
    private VectorSchemaRoot loadPatiently(LogRecord record, ByteBuffer bytes, long charge) {
        for (int attempt = 1; ; attempt++) {
            try {
                return load(record, bytes);
            } catch (OutOfMemoryException e) {
                if (isClosed || attempt == MOST_TRIES) {
                    gate.release(charge);
                    throw e;
                }
                if (attempt == 1) {
                    LOG.warn("no memory for rows of a log, waits shard={} reason=\"{}\"", number, e.getMessage());
                }
                gate.press();
                LockSupport.parkNanos(PAUSE_NANOS);
            } catch (RuntimeException e) {
                gate.release(charge);
                throw e;
            }
        }
    }

    private VectorSchemaRoot load(LogRecord record, ByteBuffer bytes) {
        int length = bytes.remaining();
        try (ArrowBuf copy = memory.buffer(length)) {
            copy.setBytes(0, bytes.duplicate());
            copy.writerIndex(length);
            return record.load(copy, memory);
        }
    }

    @Override
    public void skip(SharedLog.Checkpoint checkpoint) {
        long position = checkpoint.position();
        for (int attempt = 1; !isClosed; attempt++) {
            try {
                keys.restore(blobs, position);
                break;
            } catch (RuntimeException e) {
                LOG.warn("keys of a log do not read shard={} position={}", number, position, e);
                if (attempt == MOST_TRIES) {
                    broken = new VarveException(
                            ErrorCode.STORAGE, "keys up to " + position + " do not read: " + e.getMessage(), e);
                    return;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        // before rows go, so that a view that misses them knows
        skips.incrementAndGet();
        tables.discardAll();
        appliedEnd = position;
        LOG.info("follows a log from where it begins shard={} position={}", number, position);
    }

    /** Takes no more records. */
    void close() {
        isClosed = true;
    }
}
