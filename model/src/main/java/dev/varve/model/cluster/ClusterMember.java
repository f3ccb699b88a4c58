package dev.varve.model.cluster;

import java.util.Set;

/**
 * A node as others see it.
 *
 * @param id name, unique in the cluster
 * @param number 1 to 65,535, unique in the cluster for good; part of the ids of its chunks
 * @param zone nodes of one zone may fail together
 * @param host under which the others reach it
 * @param isLive whether it was there a moment ago; a hint
 */
public record ClusterMember(
        String id,
        int number,
        String zone,
        String host,
        int peerPort,
        int httpPort,
        int flightPort,
        int s3Port,
        Set<Role> roles,
        boolean isLive) {
    public ClusterMember {
        roles = Set.copyOf(roles);
    }
}
