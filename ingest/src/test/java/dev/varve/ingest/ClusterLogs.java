package dev.varve.ingest;

import dev.varve.blobstore.SharedLog;

/** The logs of a test's cluster. */
interface ClusterLogs {
    /** Those of a node, which may have had some before, now closed. */
    Node node(String name);

    /** Lets a node lead a log, soon. */
    void lead(String log, String node);

    /** Of 1000 appends, so many fail in some way. */
    void setTroubles(int perThousand);

    interface Node extends AutoCloseable {
        SharedLog open(String name, int number);

        @Override
        void close();
    }
}
