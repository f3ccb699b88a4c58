package dev.varve.model.cluster;

/** What a node does; by default everything. */
public enum Role {
    /** Holds replicas of chunks. */
    STORE,
    /** Takes rows and may lead shards of the ingest log. */
    INGEST,
    /** Answers queries. */
    QUERY,
    /** May lead the cluster's controller. */
    CONTROLLER
}
