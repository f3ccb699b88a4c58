package dev.varve.controller.placement;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Finds room for replicas within the fair shares, if need be by a chain of nodes each of which hands on another group. */
final class Leveller {
    private static final int MOST_ATTEMPTS = 50;

    private final Board board;
    private final FairShares shares;

    /** Of the last search: from which node, with which group, a node was reached. */
    private final int[] reachedFrom;

    private final int[] reachedWith;
    private final int[] zoneRoom;

    /** Steps in which chains failed: two of their steps concerned the same group. */
    private final Set<Long> banned = new HashSet<>();

    Leveller(Board board, FairShares shares) {
        this.board = board;
        this.shares = shares;
        reachedFrom = new int[board.nodes];
        reachedWith = new int[board.nodes];
        zoneRoom = new int[board.nodes];
    }

    private interface Group {
        boolean has(int node);
    }

    /** What a chain may cost: a replica that has only just been put somewhere goes elsewhere for nothing. */
    private enum Cost {
        NOTHING,
        MOVES
    }

    private boolean isOver(int node) {
        return board.load(node) > shares.most(node);
    }

    private boolean isUnder(int node) {
        return board.receives(node) && board.load(node) < shares.least(node);
    }

    private boolean hasSpare(int node) {
        return board.receives(node) && board.load(node) < shares.most(node);
    }

    private boolean canSpare(int node) {
        return board.load(node) > shares.least(node);
    }

    /** A node with room that fits the group, or −1; may have moved other groups to make the room. */
    int roomFor(int group) {
        int node = draw(group, shares::least);
        if (node < 0) {
            node = roomByChain(group, this::isUnder, Cost.NOTHING);
        }
        if (node < 0) {
            node = draw(group, shares::most);
        }
        if (node < 0) {
            node = roomByChain(group, this::hasSpare, Cost.NOTHING);
        }
        if (node < 0) {
            node = roomByChain(group, this::hasSpare, Cost.MOVES);
        }
        return node;
    }

    private interface Quota {
        int of(int node);
    }

    /**
     * The zone with the most room first, or at last room would be left only where the groups already are; within it a node
     * drawn in proportion to its room, which scatters partners.
     */
    private int draw(int group, Quota quota) {
        Arrays.fill(zoneRoom, 0);
        int zone = -1;
        for (int node = 0; node < board.nodes; node++) {
            int room = quota.of(node) - board.load(node);
            if (room > 0 && board.fits(group, node, -1)) {
                zoneRoom[board.zone(node)] += room;
                if (zone < 0 || zoneRoom[board.zone(node)] > zoneRoom[zone]) {
                    zone = board.zone(node);
                }
            }
        }
        int chosen = -1;
        double best = -1;
        for (int node = 0; node < board.nodes; node++) {
            int room = quota.of(node) - board.load(node);
            if (room > 0 && board.zone(node) == zone && board.fits(group, node, -1)) {
                // The greatest of uniform draws to the power 1/room: a draw with probability room over all room.
                double key = Math.pow((board.draw(group, node) + 1.0) / 0x1p63, 1.0 / room);
                if (key > best) {
                    best = key;
                    chosen = node;
                }
            }
        }
        return chosen;
    }

    private int roomByChain(int group, Group takers, Cost cost) {
        banned.clear();
        int end = search(node -> board.fits(group, node, -1), takers, cost);
        if (end < 0) {
            return -1;
        }
        int start = end;
        while (reachedFrom[start] >= 0) {
            start = reachedFrom[start];
        }
        return apply(end) && board.fits(group, start, -1) ? start : -1;
    }

    void level() {
        while (shift(this::isOver, this::isUnder)
                || shift(this::isOver, this::hasSpare)
                || shift(this::canSpare, this::isUnder)) {
            // each shift brings one replica nearer to the shares
        }
    }

    private boolean shift(Group givers, Group takers) {
        return shift(givers, takers, Cost.NOTHING) || shift(givers, takers, Cost.MOVES);
    }

    private boolean shift(Group givers, Group takers, Cost cost) {
        boolean shifted = false;
        for (int attempt = 0; attempt < MOST_ATTEMPTS && !shifted; attempt++) {
            int end = search(givers, takers, cost);
            if (end < 0) {
                break;
            }
            shifted = apply(end);
        }
        banned.clear();
        return shifted;
    }

    /** The nearest taker, or −1. */
    private int search(Group givers, Group takers, Cost cost) {
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        boolean[] seen = new boolean[board.nodes];
        int[] takerList = new int[board.nodes];
        int takerCount = 0;
        for (int node = 0; node < board.nodes; node++) {
            if (givers.has(node)) {
                seen[node] = true;
                reachedFrom[node] = -1;
                queue.add(node);
            } else if (takers.has(node)) {
                takerList[takerCount++] = node;
            }
        }
        if (takerCount == 0) {
            return -1;
        }
        while (!queue.isEmpty()) {
            int layer = queue.size();
            Integer[] nodes = queue.toArray(Integer[]::new);
            int end = direct(nodes, takerList, takerCount, cost);
            if (end >= 0) {
                return end;
            }
            for (int i = 0; i < layer; i++) {
                expand(queue.remove(), seen, queue, cost);
            }
        }
        return -1;
    }

    private int direct(Integer[] from, int[] takers, int takerCount, Cost cost) {
        Arrays.sort(from, (a, b) -> Integer.compare(excess(b), excess(a)));
        for (int giver : from) {
            for (int t = 0; t < takerCount; t++) {
                int group = movable(giver, takers[t], cost);
                if (group >= 0) {
                    reachedFrom[takers[t]] = giver;
                    reachedWith[takers[t]] = group;
                    return takers[t];
                }
            }
        }
        return -1;
    }

    private int excess(int node) {
        return board.load(node) - shares.most(node);
    }

    private void expand(int from, boolean[] seen, ArrayDeque<Integer> queue, Cost cost) {
        for (int to = 0; to < board.nodes; to++) {
            if (!seen[to] && board.receives(to)) {
                int group = movable(from, to, cost);
                if (group >= 0) {
                    seen[to] = true;
                    reachedFrom[to] = from;
                    reachedWith[to] = group;
                    queue.add(to);
                }
            }
        }
    }

    /** A group that may go from one to the other: the one whose draw for the taker is least, or −1. */
    private int movable(int from, int to, Cost cost) {
        int chosen = -1;
        long least = Long.MAX_VALUE;
        for (int i = 0; i < board.load(from); i++) {
            int group = board.group(from, i);
            if ((banned.isEmpty() || !banned.contains(step(group, to)))
                    && (cost == Cost.MOVES || !board.held(group, from))
                    && board.draw(group, to) < least
                    && board.fits(group, to, from)) {
                chosen = group;
                least = board.draw(group, to);
            }
        }
        return chosen;
    }

    /** Moves along the chain from its end; undone and false if one group would have to move twice in conflict. */
    private boolean apply(int end) {
        int to = end;
        while (reachedFrom[to] >= 0) {
            if (!board.fits(reachedWith[to], to, reachedFrom[to]) || !board.holds(reachedWith[to], reachedFrom[to])) {
                undo(end, to);
                banned.add(step(reachedWith[to], to));
                return false;
            }
            board.move(reachedWith[to], reachedFrom[to], to);
            to = reachedFrom[to];
        }
        return true;
    }

    private long step(int group, int to) {
        return (long) group * board.nodes + to;
    }

    private void undo(int end, int until) {
        for (int to = end; to != until; to = reachedFrom[to]) {
            board.move(reachedWith[to], to, reachedFrom[to]);
        }
    }
}
