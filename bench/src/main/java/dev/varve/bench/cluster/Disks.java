package dev.varve.bench.cluster;

import java.io.IOException;

/** The disks of the nodes, one each. */
interface Disks {
    /** Leaves no byte free. */
    void fill(Cluster.Member member) throws IOException;

    void free(Cluster.Member member) throws IOException;
}
