package dev.varve.controller.placement;

/**
 * What every placement keeps to.
 *
 * @param replicas of each group
 * @param leastActive a group with fewer replicas on nodes that are there does not wait for those that are away
 * @param reserveBytes a node with less free space receives nothing
 */
public record PlacementRules(int replicas, int leastActive, long reserveBytes) {
    /** Three replicas, two of them needed to acknowledge a write. */
    public static final PlacementRules DEFAULT = new PlacementRules(3, 2, 10L << 30);

    public PlacementRules {
        if (replicas < 1 || leastActive < 0 || leastActive > replicas || reserveBytes < 0) {
            throw new IllegalArgumentException("no placement with %d replicas, %d active, %d bytes reserved"
                    .formatted(replicas, leastActive, reserveBytes));
        }
    }

    boolean accepts(ClusterNode node) {
        return node.presence() == Presence.LIVE && node.freeBytes() >= reserveBytes;
    }
}
