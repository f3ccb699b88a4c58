package dev.varve.server;

import dev.varve.model.cluster.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * How a node is part of a cluster.
 *
 * @param zookeeper {@code host:port,…}
 * @param name of the cluster; several may share a ZooKeeper
 * @param node name of this node, unlike that of any other, and the same after each restart
 * @param host under which the other nodes reach this one
 * @param peerPort for the other nodes; 0 takes any free one
 * @param zone nodes of one zone may fail together: replicas are spread over zones
 * @param secretFile at least 32 random bytes, the same on all nodes: who has it is a node
 * @param replicas of each chunk
 * @param ingestShards logs that rows are spread over; fixed when the cluster is made
 * @param giveUpAfter a node that was away longer is replaced
 * @param moveBytesPerSecond copied at most by a node to bring replicas where they shall be
 */
record ClusterConfig(
        String zookeeper,
        String name,
        String node,
        String host,
        int peerPort,
        String zone,
        Set<Role> roles,
        Path secretFile,
        int replicas,
        int ingestShards,
        Duration giveUpAfter,
        long moveBytesPerSecond) {}
