package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkRef;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A durable sequence of records that every node of a cluster sees in one order and to which any of them appends.
 *
 * <p>Positions count records from 0 and have no gaps. One node leads: it puts records, its own and those that others send
 * it, into entries; an entry is a chunk on at least two disks and then one compare-and-set of a small register that names
 * it. Whoever follows sees only what is so committed. If the leader dies another takes over; nothing acknowledged is lost,
 * and what was refused never takes effect. Thread-safe.
 */
public interface SharedLog extends AutoCloseable {
    /** The largest record. */
    int MAX_RECORD_BYTES = 7 << 20;

    /**
     * When the leader committed a record.
     *
     * @param trusted a time that no jump of the leader's clock brings forward; never less than that of the record before
     */
    record Stamp(Instant time, Instant trusted) {}

    /** Sees the log; called by one thread at a time, which waits for it. */
    interface Follower {
        /**
         * The next record.
         *
         * @param bytes read-only, valid during the call only
         * @param own what {@link #append} on this node was given with it; null if another node, or an earlier run, did
         */
        void record(long position, Stamp stamp, ByteBuffer bytes, @Nullable Object own);

        /**
         * The records up to {@code checkpoint.position()} are no longer in the log: what they made is in the checkpoint and
         * has to be loaded from there before this returns; the next record is the one at that position.
         */
        void skip(Checkpoint checkpoint);
    }

    /**
     * What all records below a position made.
     *
     * @param manifest bytes that say where it is; at most 64 KiB
     */
    record Checkpoint(long position, ByteBuffer manifest) {}

    /** A name such as {@code meta/07} or {@code ingest/2}, the same on all nodes. */
    String name();

    /** Begins: the follower sees every record from a position on, which it has seen all below of. Called once. */
    void follow(long from, Follower follower);

    /**
     * Appends a record; completes with its position after it is durable and this node's follower has seen it. Completes
     * exceptionally with {@code NOT_READY} or {@code OVERLOADED} if it never takes effect, with {@code UNKNOWN_OUTCOME} if
     * nobody knows (this node may see it later all the same). If the leader dies on the way, it is found out whether it
     * has taken effect, and if not it is appended to the next one; it never takes effect twice. Many may be in
     * flight; those of one caller thread take effect in the order of the calls. The bytes must not change until then.
     *
     * @param own handed to this node's follower with the record
     */
    CompletableFuture<Long> append(ByteBuffer record, Object own);

    /**
     * Completes, after this node's follower has seen it all, with a position below which everything is that was
     * acknowledged anywhere before the call: what is read here then is linearizable. {@code NOT_READY} if no leader can be
     * asked.
     */
    CompletableFuture<Long> caughtUp();

    /** The position after the last record this node's follower has seen. */
    long seen();

    /** The first position that is kept; empty while this node has not yet heard of it. Never decreases. */
    OptionalLong start();

    /** Whether this node leads, as far as it knows; a hint. */
    boolean leads();

    /** Who leads, as far as this node knows. */
    Optional<String> leader();

    /** Tells this node that it shall lead, or that another one shall; a hint of the controller. */
    void nominate(String node);

    /**
     * How to mark chunks of a checkpoint at a position, or of anything else that lives as long as the records there: the
     * birth to write them with.
     */
    long birth(long position);

    /**
     * Names a checkpoint in the register and forgets records below the one before it; only at the leader. False if this node
     * does not lead or a later one is there.
     */
    CompletableFuture<Boolean> checkpoint(Checkpoint checkpoint);

    /** Forgets records below a position without a checkpoint, for their content is elsewhere; only at the leader. */
    CompletableFuture<Boolean> truncateBefore(long position);

    /** The register's chunks: what a reader needs to find the newest entry. Shown to an operator. */
    Optional<ChunkRef> head();

    @Override
    void close();
}
