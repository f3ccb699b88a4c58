package dev.varve.testkit.commit;

import java.util.ArrayList;
import java.util.List;

/** All operations that clients have made up, by number; it stands for the codec of what is sent and stored. */
final class Ops<I> {
    /** The {@code request}th operation of a client. */
    record Op<I>(int client, int request, I input) {}

    private final List<Op<I>> all = new ArrayList<>();

    int add(int client, int request, I input) {
        all.add(new Op<>(client, request, input));
        return all.size() - 1;
    }

    /** Damage that nobody noticed leads to some other operation. */
    Op<I> get(int number) {
        return all.get(Math.floorMod(number, all.size()));
    }
}
