package dev.varve.blobstore.replica;

import dev.varve.model.cluster.ClusterView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Chooses the group of a new chunk: best one that this node holds and whose nodes are all there; a few take turns for a
 * while, and then others. Thread-safe.
 */
final class GroupChoice {
    private static final int RANKS = 5;

    private final String self;
    private final Supplier<ClusterView> view;
    private final Pace pace;
    private final Admission admission;
    private final ReplicationSettings settings;
    private final Random random;

    /** Groups in the order of turns, until they are put together again. */
    private List<List<Integer>> ranks = List.of();

    private ClusterView known = ClusterView.EMPTY;
    private long bytes;
    private int turn;

    GroupChoice(
            String self,
            Supplier<ClusterView> view,
            Pace pace,
            Admission admission,
            ReplicationSettings settings,
            Random random) {
        this.self = self;
        this.view = view;
        this.pace = pace;
        this.admission = admission;
        this.settings = settings;
        this.random = random;
    }

    /** A group that was not tried, with enough members; empty if there is none. */
    @SuppressWarnings("ReferenceEquality") // each view is an object of its own, and comparing their content takes long
    synchronized Optional<Integer> next(Set<Integer> tried, long length) {
        ClusterView now = view.get();
        bytes += length;
        if (now != known || bytes >= settings.groupBytes() || !tried.isEmpty()) {
            rank(now);
        }
        for (List<Integer> rank : ranks) {
            for (int i = 0; i < rank.size(); i++) {
                int active = Math.min(settings.activeGroups(), rank.size());
                int at = i < active ? (turn + i) % active : i;
                int group = rank.get(at);
                if (!tried.contains(group)) {
                    turn = (turn + 1) % active;
                    return Optional.of(group);
                }
            }
        }
        return Optional.empty();
    }

    /** Whether this node may keep the first copy itself. */
    boolean isOwn(int group) {
        return view.get().holders(group).contains(self) && admission.accepts(group);
    }

    private void rank(ClusterView now) {
        List<List<Integer>> fresh = new ArrayList<>();
        for (int i = 0; i < RANKS; i++) {
            fresh.add(new ArrayList<>());
        }
        for (int group = 0; group < now.groups().size(); group++) {
            List<String> members = now.holders(group);
            if (members.size() >= settings.leastCopies()) {
                fresh.get(rank(now, group, members)).add(group);
            }
        }
        fresh.forEach(rank -> Collections.shuffle(rank, random));
        ranks = fresh;
        known = now;
        bytes = 0;
        turn = 0;
    }

    private int rank(ClusterView now, int group, List<String> members) {
        long there = members.stream()
                .filter(node -> now.isLive(node) && pace.isPrompt(node))
                .count();
        boolean isOwn = members.contains(self) && admission.counts(group);
        if (there == members.size() && there >= settings.copies()) {
            return isOwn ? 0 : 1;
        }
        if (there >= settings.leastCopies()) {
            return isOwn ? 2 : 3;
        }
        return 4;
    }
}
