package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.function.Consumer;

/**
 * What one round of collecting garbage on one node goes by: chunks of objects on this node's disks that were born below
 * the floor, and that the ids, asked for after these chunks were listed, do not name, are garbage. Other nodes collect
 * theirs on their own.
 */
public final class Wanted {
    private final long floor;
    private final Consumer<Consumer<ChunkId>> ids;

    Wanted(long floor, Consumer<Consumer<ChunkId>> ids) {
        this.floor = floor;
        this.ids = ids;
    }

    /** No operation that this node has not seen yet can refer to a chunk born below it. */
    public long floor() {
        return floor;
    }

    /**
     * Gives every chunk that an object, a part, the trash or a reader on this node refers to, some more than once;
     * {@code NOT_READY} if the round must be begun anew, and then nothing may be deleted.
     */
    public void ids(Consumer<ChunkId> sink) {
        ids.accept(sink);
    }
}
