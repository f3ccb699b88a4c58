package dev.varve.controller.placement;

import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A replica that is not yet what it shall be, for people to read.
 *
 * @param node null when the group waits before any node is asked
 * @param now OFFLINE also where the node holds nothing
 * @param then what it shall become
 * @param why in words
 */
public record Move(int group, @Nullable String node, ReplicaState now, ReplicaState then, String why) {
    /** What moves and what waits, by group, of the same things that {@link MovePlan#next} decides on. */
    public static List<Move> of(
            List<List<String>> target,
            List<Map<String, ReplicaState>> asked,
            List<Map<String, ReplicaState>> observed,
            List<Set<String>> failed,
            Map<String, Presence> nodes) {
        List<Move> moves = new ArrayList<>();
        for (int group = 0; group < target.size(); group++) {
            moves.addAll(
                    new Group(group, target.get(group), asked.get(group), observed.get(group), failed.get(group), nodes)
                            .moves());
        }
        return moves;
    }

    private record Group(
            int number,
            List<String> target,
            Map<String, ReplicaState> asked,
            Map<String, ReplicaState> observed,
            Set<String> failed,
            Map<String, Presence> nodes) {
        List<Move> moves() {
            List<Move> moves = new ArrayList<>();
            Set<String> all = new TreeSet<>(asked.keySet());
            all.addAll(observed.keySet());
            for (String node : all) {
                if (presence(node) == Presence.AWAY) {
                    moves.add(
                            move(node, ReplicaState.OFFLINE, ReplicaState.MEMBER, "waits for the node, which is away"));
                } else if (isThere(node)) {
                    step(node, moves);
                }
            }
            if (moves.isEmpty()) {
                waiting(moves);
            }
            return moves;
        }

        private void step(String node, List<Move> moves) {
            ReplicaState now = observed.getOrDefault(node, ReplicaState.OFFLINE);
            @Nullable ReplicaState wanted = asked.get(node);
            if (failed.contains(node)) {
                moves.add(move(node, now, ReplicaState.MEMBER, "tries again: the last change failed, see its log"));
            } else if (wanted == ReplicaState.MEMBER && now != ReplicaState.MEMBER) {
                moves.add(move(node, now, ReplicaState.MEMBER, whyArrives()));
            } else if (wanted == ReplicaState.DRAINING || now == ReplicaState.DRAINING) {
                moves.add(move(node, now, ReplicaState.DROPPED, "all members are there, and " + whyLeaves(node)));
            } else if (wanted == null) {
                moves.add(move(node, now, ReplicaState.DROPPED, "the group is placed elsewhere"));
            }
        }

        /** Nothing moves although something should. */
        private void waiting(List<Move> moves) {
            for (String node : target) {
                if (!asked.containsKey(node)) {
                    moves.add(move(
                            node,
                            ReplicaState.OFFLINE,
                            ReplicaState.MEMBER,
                            members() == 0 && !asked.isEmpty()
                                    ? "waits for a member to copy from"
                                    : "waits for its turn; " + whyArrives()));
                    return;
                }
            }
            for (String node : asked.keySet()) {
                if (!target.contains(node)) {
                    moves.add(move(
                            node,
                            observed.getOrDefault(node, ReplicaState.OFFLINE),
                            ReplicaState.DROPPED,
                            "waits for its turn; " + whyLeaves(node)));
                    return;
                }
            }
            if (target.isEmpty()) {
                moves.add(new Move(
                        number, null, ReplicaState.OFFLINE, ReplicaState.MEMBER, "waits for enough nodes to place it"));
            }
        }

        private String whyArrives() {
            for (String leaving : asked.keySet()) {
                if (!target.contains(leaving)) {
                    return "takes the place of %s: %s".formatted(leaving, whyLeaves(leaving));
                }
            }
            return members() == 0
                    ? "the group has no member yet"
                    : "the group has %d of %d members".formatted(members(), target.size());
        }

        private String whyLeaves(String node) {
            return switch (presence(node)) {
                case LIVE -> node + " has more than its share";
                case DRAINING -> node + " shall leave";
                case AWAY -> node + " is away";
                case GONE -> node + " is lost";
            };
        }

        private Move move(String node, ReplicaState now, ReplicaState then, String why) {
            return new Move(number, node, now, then, why);
        }

        private long members() {
            return observed.entrySet().stream()
                    .filter(replica -> replica.getValue() == ReplicaState.MEMBER && isThere(replica.getKey()))
                    .count();
        }

        private boolean isThere(String node) {
            return presence(node) == Presence.LIVE || presence(node) == Presence.DRAINING;
        }

        private Presence presence(String node) {
            return nodes.getOrDefault(node, Presence.GONE);
        }
    }
}
