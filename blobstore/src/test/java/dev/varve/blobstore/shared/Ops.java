package dev.varve.blobstore.shared;

import java.util.ArrayList;
import java.util.List;

/** All operations that clients have made up, and all answers, by number: they stand for the codec of what is sent. */
final class Ops<I, O> {
    private final List<I> inputs = new ArrayList<>();
    private final List<O> outputs = new ArrayList<>();

    int add(I input) {
        inputs.add(input);
        return inputs.size() - 1;
    }

    /** Damage that nobody noticed leads to some other operation. */
    I input(int number) {
        return inputs.get(Math.floorMod(number, inputs.size()));
    }

    int answer(O output) {
        outputs.add(output);
        return outputs.size() - 1;
    }

    O output(int number) {
        return outputs.get(number);
    }
}
