package dev.varve.bench;

import java.util.Locale;

/**
 * How much the store's benchmark does.
 *
 * @param largeBytes of a large object
 * @param largeRounds in which each side writes and reads one
 * @param writers that write small objects at the same time
 * @param smallRounds in which each side's writers write for {@code smallMillis}
 * @param reads of small objects that are timed
 * @param keys that a listing finds its thousand among
 * @param lists that are timed of Varve
 * @param peerLists that are timed of the peer, which walks through all its files each time
 * @param slowClients that send or read a few bytes a second, half of them each, for {@code slowSeconds}
 */
record StoreSize(
        String name,
        int largeBytes,
        int largeRounds,
        int writers,
        int smallRounds,
        int smallMillis,
        int reads,
        int keys,
        int lists,
        int peerLists,
        int slowClients,
        int slowSeconds) {
    static final StoreSize FULL =
            new StoreSize("full", 64 << 20, 15, 64, 5, 2_000, 4_000, 1_000_000, 500, 3, 1_000, 20);

    /** Shows that everything works; its figures mean nothing. */
    static final StoreSize SMALL = new StoreSize("small", 3 << 20, 2, 8, 2, 200, 100, 3_000, 5, 2, 40, 2);

    static StoreSize of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "full" -> FULL;
            case "small" -> SMALL;
            default -> throw new IllegalArgumentException("size '" + name + "' is neither full nor small");
        };
    }
}
