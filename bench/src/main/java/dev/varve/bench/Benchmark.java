package dev.varve.bench;

import org.apache.arrow.memory.BufferAllocator;

/** One comparison of Varve with a peer. */
interface Benchmark {
    void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception;
}
