package dev.varve.blobstore;

import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.meta.MetaReads;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What is known of buckets and objects, in shards, and how it changes: by this node alone, or by all nodes of a cluster.
 * Thread-safe.
 */
interface Shards extends AutoCloseable {
    /**
     * Hands in an operation. The future completes after it is durable and seen by all reads; with an {@code
     * ObjectException} or {@code StaleChunkException} if it was refused; with another {@code VarveException} if it could not
     * be written, or, when its code or message says so, it is unknown whether it was. Continuations must not block.
     */
    <A> CompletableFuture<A> submit(MetaOp<A> op);

    /** Like {@link #submit}, and waits; throws what the future would complete with. */
    <A> A call(MetaOp<A> op);

    /** What sees everything in a bucket that was acknowledged to anybody before this call. */
    MetaReads reads(String bucket);

    /** The same for all buckets. */
    MetaReads reads();

    /** What this node has heard of so far; asks nobody, and is never of the future. */
    MetaReads heard();

    /** Begins a write to a bucket. */
    Writing begin(String bucket);

    /**
     * Lets floors rise in the shards that are this node's to keep in order.
     *
     * @return chunks of objects born below it are garbage if nothing that this node has heard of refers to them
     */
    long raiseFloors();

    /** Whether it is for this node to keep a shard in order. */
    boolean keeps(int shard);

    /** Whether each of many nodes deletes its own chunks once nothing refers to them. */
    boolean isShared();

    /**
     * Reads everything of this node again.
     *
     * @param damages takes what is not as it was written
     * @param mended takes what was not and is now
     */
    void verify(Consumer<StoreStatus.Damage> damages, Consumer<StoreStatus.Damage> mended);

    @Override
    void close();
}
