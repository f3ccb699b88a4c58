package dev.varve.blobstore.chunk;

import java.util.concurrent.atomic.AtomicLong;

/** Gives ids that no run of any node ever gave before. */
final class ChunkIds {
    private final int node;
    private final int boot;
    private final AtomicLong counter = new AtomicLong();

    ChunkIds(int node, int boot) {
        this.node = node;
        this.boot = boot;
    }

    ChunkId next(int group) {
        return ChunkId.of(group, node, boot, counter.incrementAndGet());
    }
}
