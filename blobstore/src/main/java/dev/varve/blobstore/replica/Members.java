package dev.varve.blobstore.replica;

import dev.varve.blobstore.replica.ReplicaPeers.Standing;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Finds out which other nodes say of themselves that they are members of a group. Belongs to the loop. */
final class Members {
    private final ReplicaContext context;

    Members(ReplicaContext context) {
        this.context = context;
    }

    /**
     * Members of a group besides this node.
     *
     * @param members in order of their names
     * @param staying those of them that do not think of leaving
     * @param membersAndDraining and those that leave
     * @param allAnswered whether nobody is silent who may be one and seems to be there
     */
    record Found(List<String> members, List<String> staying, List<String> membersAndDraining, boolean allAnswered) {}

    CompletableFuture<Found> of(int group) {
        ClusterView view = context.view().get();
        Set<String> holders = new TreeSet<>();
        if (group < view.groups().size()) {
            holders.addAll(view.groups().get(group).keySet());
        }
        return ask(group, holders, view).thenCompose(found -> {
            if (!found.members.isEmpty()) {
                return CompletableFuture.completedFuture(found);
            }
            // The view may be old; whoever is there may know better.
            Set<String> all = new TreeSet<>(view.live());
            all.addAll(holders);
            return ask(group, all, view);
        });
    }

    private CompletableFuture<Found> ask(int group, Set<String> nodes, ClusterView view) {
        Map<String, Standing> answers = new TreeMap<>();
        List<CompletableFuture<?>> asked = new ArrayList<>();
        boolean[] isSilent = new boolean[1];
        for (String node : nodes) {
            if (!node.equals(context.self())) {
                asked.add(context.peers().standing(node, group).handle((standing, failure) -> {
                    if (failure == null) {
                        answers.put(node, standing);
                    } else {
                        isSilent[0] |= view.isLive(node);
                    }
                    return node;
                }));
            }
        }
        return Futures.all(asked).thenApply(nothing -> {
            List<String> members = new ArrayList<>();
            List<String> staying = new ArrayList<>();
            List<String> withDraining = new ArrayList<>();
            answers.forEach((node, standing) -> {
                if (standing.state() == ReplicaState.MEMBER || standing.state() == ReplicaState.DRAINING) {
                    withDraining.add(node);
                }
                if (standing.state() == ReplicaState.MEMBER) {
                    members.add(node);
                    if (standing.stays()) {
                        staying.add(node);
                    }
                }
            });
            return new Found(members, staying, withDraining, !isSilent[0]);
        });
    }
}
