package dev.varve.controller.placement;

/**
 * A node as placement sees it.
 *
 * @param id unique in the cluster, never reused for another disk
 * @param zone nodes of one zone may fail together
 * @param diskBytes the node's weight: it holds replicas in proportion
 * @param freeBytes of the disk
 */
public record ClusterNode(String id, String zone, long diskBytes, long freeBytes, Presence presence) {
    public ClusterNode {
        if (id.isEmpty() || diskBytes <= 0 || freeBytes < 0) {
            throw new IllegalArgumentException(
                    "node '%s' needs a name and a disk, not %d bytes with %d free".formatted(id, diskBytes, freeBytes));
        }
    }

    /** The same node, there or not. */
    public ClusterNode as(Presence other) {
        return new ClusterNode(id, zone, diskBytes, freeBytes, other);
    }
}
