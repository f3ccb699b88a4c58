package dev.varve.controller.placement;

import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Orders the steps from what is to what shall be: of a group one replica at a time, and of a node and the cluster no more
 * than the limits say.
 *
 * <p>A pure function of three things that any controller can read: the target, what was asked last, what is observed. A
 * controller that dies in the middle leaves nothing behind that its successor needs.
 *
 * <p>For each group, the first of these that applies:
 *
 * <ol>
 *   <li>A node that is gone is asked for nothing any more, unless it is in the target.
 *   <li>A new group has nothing to copy: all of its target at once.
 *   <li>A replica that drains is let go once it says that it drains; it is never called back.
 *   <li>While a replica comes or goes, the group waits, and also for one that is away; but if too few members are left, only
 *       for one that comes: what goes cannot go before somebody has come.
 *   <li>A node of the target that was not asked is asked, if any member is there to copy from.
 *   <li>When the whole target is member and enough remain, one other replica is asked to drain.
 * </ol>
 *
 * <p>So no step takes a member away before all that shall be members are.
 */
public final class MovePlan {
    private final List<List<String>> target;
    private final List<Map<String, ReplicaState>> observed;
    private final Map<String, Presence> nodes;
    private final PlacementRules rules;
    private final MoveLimits limits;
    private final List<Map<String, ReplicaState>> next = new ArrayList<>();
    private final Map<String, Integer> arrivals = new HashMap<>();
    private int moving;

    /**
     * What to ask for now: of each group, nodes and MEMBER or DRAINING; who is not named shall drop the replica.
     *
     * @param target the placement
     * @param asked what was asked last, of each group of the target
     * @param observed of each group and node the state it is in, without dropped ones
     * @param nodes presence; a node that is not named is gone
     */
    public static List<Map<String, ReplicaState>> next(
            List<List<String>> target,
            List<Map<String, ReplicaState>> asked,
            List<Map<String, ReplicaState>> observed,
            Map<String, Presence> nodes,
            PlacementRules rules,
            MoveLimits limits) {
        MovePlan plan = new MovePlan(target, observed, nodes, rules, limits);
        plan.carryOver(asked);
        plan.step(asked);
        return plan.next;
    }

    private MovePlan(
            List<List<String>> target,
            List<Map<String, ReplicaState>> observed,
            Map<String, Presence> nodes,
            PlacementRules rules,
            MoveLimits limits) {
        this.target = target;
        this.observed = observed;
        this.nodes = nodes;
        this.rules = rules;
        this.limits = limits;
    }

    private void carryOver(List<Map<String, ReplicaState>> asked) {
        for (int group = 0; group < target.size(); group++) {
            Map<String, ReplicaState> kept = new TreeMap<>(asked.get(group));
            List<String> wanted = target.get(group);
            Map<String, ReplicaState> seen = observed.get(group);
            kept.keySet().removeIf(node -> presence(node) == Presence.GONE && !wanted.contains(node));
            kept.entrySet()
                    .removeIf(entry -> entry.getValue() == ReplicaState.DRAINING
                            && (seen.get(entry.getKey()) == ReplicaState.DRAINING
                                    || (isThere(entry.getKey()) && !seen.containsKey(entry.getKey()))));
            next.add(kept);
            for (String node : busy(group)) {
                moving++;
                arrivals.merge(node, 1, Integer::sum);
            }
        }
    }

    private void step(List<Map<String, ReplicaState>> asked) {
        // The group with the fewest members is nearest to a loss.
        List<Integer> order = IntStream.range(0, target.size())
                .boxed()
                .sorted(Comparator.comparingLong(this::members))
                .toList();
        for (int group : order) {
            if (asked.get(group).isEmpty() && observed.get(group).isEmpty()) {
                target.get(group).forEach(node -> next.get(group).put(node, ReplicaState.MEMBER));
            } else if (!waits(group) && moving < limits.inCluster()) {
                advance(group);
            }
        }
    }

    private void advance(int group) {
        Map<String, ReplicaState> plan = next.get(group);
        boolean complete = true;
        for (String node : target.get(group)) {
            if (!plan.containsKey(node) && members(group) > 0 && mayArrive(node)) {
                plan.put(node, ReplicaState.MEMBER);
                count(node);
                return;
            }
            complete &= isMember(group, node);
        }
        if (complete && members(group) > rules.leastActive()) {
            for (String node : List.copyOf(plan.keySet())) {
                if (!target.get(group).contains(node) && isMember(group, node)) {
                    plan.put(node, ReplicaState.DRAINING);
                    count(node);
                    return;
                }
            }
        }
    }

    private boolean waits(int group) {
        Map<String, ReplicaState> plan = next.get(group);
        if (members(group) < rules.leastActive()) {
            return busy(group).stream().anyMatch(node -> plan.get(node) == ReplicaState.MEMBER);
        }
        return !busy(group).isEmpty() || plan.keySet().stream().anyMatch(node -> presence(node) == Presence.AWAY);
    }

    private boolean mayArrive(String node) {
        return presence(node) == Presence.LIVE && arrivals.getOrDefault(node, 0) < limits.perNode();
    }

    private void count(String node) {
        moving++;
        arrivals.merge(node, 1, Integer::sum);
    }

    /** Nodes that are there and on the way to what they are asked for, or to nothing. */
    private Set<String> busy(int group) {
        Map<String, ReplicaState> plan = next.get(group);
        Set<String> busy = new TreeSet<>();
        plan.forEach((node, state) -> {
            if (isThere(node) && observed.get(group).get(node) != state) {
                busy.add(node);
            }
        });
        for (String node : observed.get(group).keySet()) {
            if (isThere(node) && !plan.containsKey(node)) {
                busy.add(node);
            }
        }
        return busy;
    }

    private long members(int group) {
        return observed.get(group).keySet().stream()
                .filter(node -> isMember(group, node))
                .count();
    }

    private boolean isMember(int group, String node) {
        return isThere(node)
                && observed.get(group).get(node) == ReplicaState.MEMBER
                && next.get(group).get(node) == ReplicaState.MEMBER;
    }

    private boolean isThere(String node) {
        return presence(node) == Presence.LIVE || presence(node) == Presence.DRAINING;
    }

    private Presence presence(String node) {
        return nodes.getOrDefault(node, Presence.GONE);
    }
}
