package dev.varve.bench.cluster;

import java.io.IOException;
import java.time.Duration;

/** The wall clocks that nodes see; monotonic time is not touched. */
interface Clocks {
    /** From now on the node's clock is that much ahead. */
    void set(Cluster.Member member, Duration ahead) throws IOException;
}
