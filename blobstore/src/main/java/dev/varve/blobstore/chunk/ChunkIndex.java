package dev.varve.blobstore.chunk;

import dev.varve.blobstore.rocks.Flaw;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Where each chunk is, in a store of its own that may forget what came after the last {@link #flush}, but only as a
 * whole suffix of writes. Thread-safe; writes come from one thread at a time.
 */
interface ChunkIndex extends AutoCloseable {
    /** Whether nothing was ever written, so that it must be built from the segments. */
    boolean isNew();

    @Nullable
    ChunkRow find(ChunkId id);

    /** Changes all or nothing. */
    void write(Batch batch);

    List<SegmentRow> segments();

    /** Chunks greater than {@code after} in order of their ids, until told to stop; of the state at the call. */
    void chunks(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor);

    /** The same for plain files only. */
    void files(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor);

    /** A small value kept along. */
    Optional<byte[]> note(String name);

    void setNote(String name, byte[] value);

    /** Makes everything durable that was written before. */
    void flush();

    /** Reads everything back and returns what is not as it was written. */
    List<Flaw> findFlaws();

    /** Whether something in it was found damaged since it was opened; the next opening begins with an empty one. */
    boolean isDamaged();

    @Override
    void close();

    /**
     * Changes that belong together.
     *
     * @param chunks new rows, or what was there and goes
     */
    record Batch(Map<ChunkId, Change> chunks, Collection<SegmentRow> segments, Collection<Long> removed) {}

    /**
     * A chunk's row before and after; null where there is none.
     */
    record Change(@Nullable ChunkRow before, @Nullable ChunkRow after) {
        /** Whether there are other chunks afterwards, not merely elsewhere. */
        boolean isVisible() {
            return before == null || after == null || before.length() != after.length() || before.crc() != after.crc();
        }
    }
}
