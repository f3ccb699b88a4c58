package dev.varve.controller.placement;

/**
 * How many replicas may be on the move at once.
 *
 * @param perNode arriving at one node
 * @param inCluster coming or going anywhere
 */
public record MoveLimits(int perNode, int inCluster) {
    /** Few, for a move is made of large sequential copies. */
    public static final MoveLimits DEFAULT = new MoveLimits(4, 64);

    public MoveLimits {
        if (perNode < 1 || inCluster < 1) {
            throw new IllegalArgumentException("nothing could move: " + perNode + " per node, " + inCluster);
        }
    }
}
