package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectRules;
import dev.varve.blobstore.object.StoredObject;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Reads an object from its extents, which are pinned until it is closed. Thread-safe. */
final class ExtentReader implements ObjectReader {
    private final Chunks chunks;
    private final Pins pins;
    private final StoredObject object;
    private final List<Extent> extents;
    private final List<ChunkId> pinned;
    /** Offset in the object of the end of each extent. */
    private final long[] ends;

    private final AtomicBoolean isClosed = new AtomicBoolean();

    /** Takes over the pins of the extents' chunks. */
    ExtentReader(Chunks chunks, Pins pins, StoredObject object, List<Extent> extents) {
        this.chunks = chunks;
        this.pins = pins;
        this.object = object;
        this.extents = extents;
        this.pinned = Written.chunks(extents);
        this.ends = new long[extents.size()];
        long end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += extents.get(i).length();
            ends[i] = end;
        }
    }

    @Override
    public StoredObject object() {
        return object;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        ObjectRules.checkRange(offset, target.remaining(), object.size());
        if (isClosed.get()) {
            throw new IllegalStateException("the reader of " + object.key() + " is closed");
        }
        if (!target.hasRemaining()) {
            return;
        }
        int found = Arrays.binarySearch(ends, offset + 1);
        int index = found < 0 ? -found - 1 : found;
        long at = offset;
        int limit = target.limit();
        try {
            while (target.position() < limit) {
                long start = index == 0 ? 0 : ends[index - 1];
                int count = (int) Math.min(ends[index] - at, limit - target.position());
                target.limit(target.position() + count);
                read(extents.get(index), at - start, target);
                at += count;
                index++;
            }
        } finally {
            target.limit(limit);
        }
    }

    private void read(Extent extent, long offset, ByteBuffer target) {
        switch (extent) {
            case Extent.Inline(ByteBuffer bytes) -> target.put(bytes.slice((int) offset, target.remaining()));
            case Extent.Chunk chunk -> chunks.read(Written.ref(chunk), offset, target);
        }
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            pins.remove(pinned);
        }
    }
}
