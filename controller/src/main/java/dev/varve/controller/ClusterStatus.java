package dev.varve.controller;

import dev.varve.controller.placement.Move;
import dev.varve.controller.placement.Presence;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ReplicaState;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as an operator looks at it.
 *
 * @param controller the node that leads the controller, or null while none does
 * @param nodes by id
 * @param groups how many there are
 * @param replicas how many each group shall have
 * @param missing members that groups lack, all together
 * @param fewestMembers of any group
 * @param moves what moves or waits, and why
 * @param leaders who shall lead which log
 */
public record ClusterStatus(
        String name,
        @Nullable String controller,
        List<NodeStatus> nodes,
        int groups,
        int replicas,
        long missing,
        int fewestMembers,
        List<Move> moves,
        Map<String, String> leaders) {
    /**
     * A node as an operator looks at it.
     *
     * @param replicas how many it has in each state, without dropped ones
     * @param groups how many it shall hold
     * @param leads logs
     */
    public record NodeStatus(
            ClusterMember member,
            Presence presence,
            long diskBytes,
            long freeBytes,
            Map<ReplicaState, Integer> replicas,
            int groups,
            int leads) {}

    public ClusterStatus {
        nodes = List.copyOf(nodes);
        moves = List.copyOf(moves);
        leaders = Map.copyOf(leaders);
    }

    /** Whether every group has all its members and nothing moves. */
    public boolean isSettled() {
        return missing == 0 && moves.isEmpty();
    }
}
