package dev.varve.blobstore.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Collecting orphans against a committed floor: a writer remembers the floor at which it began, writes a chunk, and commits
 * it; a collector takes a picture of the live chunks and the floor, and deletes chunks born below that were not in it.
 */
class GcFloorModelTest {
    private static final int WRITERS = 2;
    private static final int MOST_FLOOR = 3;

    private enum Stage {
        NEW,
        STARTED,
        WRITTEN,
        COMMITTED,
        REFUSED,
        DELETED
    }

    private record Writer(Stage stage, int birth) {}

    /** What the collector took down; {@code live} is a set of bits. */
    private record Picture(int floor, int live) {}

    /**
     * A state.
     *
     * @param disk chunks on disk, as bits by writer
     * @param live chunks that something refers to
     */
    private record State(int floor, List<Writer> writers, int disk, int live, Optional<Picture> picture) {
        State with(int writer, Writer changed, int newDisk, int newLive) {
            List<Writer> all = IntStream.range(0, writers.size())
                    .mapToObj(i -> i == writer ? changed : writers.get(i))
                    .toList();
            return new State(floor, all, newDisk, newLive, picture);
        }
    }

    /**
     * The protocol.
     *
     * @param checksFloor whether commits of chunks born below the floor are refused
     */
    private record Protocol(boolean checksFloor) implements StateSpace.Model<State> {
        @Override
        public State initial() {
            List<Writer> writers = IntStream.range(0, WRITERS)
                    .mapToObj(i -> new Writer(Stage.NEW, -1))
                    .toList();
            return new State(0, writers, 0, 0, Optional.empty());
        }

        @Override
        public Optional<String> violation(State state) {
            return (state.live() & ~state.disk()) != 0 ? Optional.of("live chunk deleted") : Optional.empty();
        }

        @Override
        public void steps(State state, Consumer<State> sink) {
            for (int i = 0; i < WRITERS; i++) {
                stepWriter(state, i, sink);
            }
            if (state.floor() < MOST_FLOOR) {
                sink.accept(new State(state.floor() + 1, state.writers(), state.disk(), state.live(), state.picture()));
            }
            if (state.picture().isEmpty()) {
                sink.accept(new State(
                        state.floor(),
                        state.writers(),
                        state.disk(),
                        state.live(),
                        Optional.of(new Picture(state.floor(), state.live()))));
                return;
            }
            Picture picture = state.picture().get();
            sink.accept(new State(state.floor(), state.writers(), state.disk(), state.live(), Optional.empty()));
            for (int chunk = 0; chunk < WRITERS; chunk++) {
                int bit = 1 << chunk;
                boolean isOrphan = state.writers().get(chunk).birth() < picture.floor() && (picture.live() & bit) == 0;
                if ((state.disk() & bit) != 0 && isOrphan) {
                    sink.accept(new State(
                            state.floor(), state.writers(), state.disk() & ~bit, state.live(), state.picture()));
                }
            }
        }

        private void stepWriter(State state, int i, Consumer<State> sink) {
            int bit = 1 << i;
            int birth = state.writers().get(i).birth();
            switch (state.writers().get(i).stage()) {
                case NEW ->
                    sink.accept(state.with(i, new Writer(Stage.STARTED, state.floor()), state.disk(), state.live()));
                case STARTED ->
                    sink.accept(state.with(i, new Writer(Stage.WRITTEN, birth), state.disk() | bit, state.live()));
                case WRITTEN -> {
                    boolean isTaken = !checksFloor || birth >= state.floor();
                    sink.accept(
                            isTaken
                                    ? state.with(
                                            i, new Writer(Stage.COMMITTED, birth), state.disk(), state.live() | bit)
                                    : state.with(i, new Writer(Stage.REFUSED, birth), state.disk(), state.live()));
                }
                case COMMITTED ->
                    sink.accept(state.with(i, new Writer(Stage.DELETED, birth), state.disk(), state.live() & ~bit));
                case REFUSED, DELETED -> {}
            }
        }
    }

    @Test
    void noLiveChunkIsDeleted() {
        assertThat(StateSpace.explore(new Protocol(true))).isEqualTo(new StateSpace.Outcome(6_496, Optional.empty()));
    }

    @Test
    void withoutTheFloorCheckALiveChunkIsDeleted() {
        assertThat(StateSpace.explore(new Protocol(false)).violation()).contains("live chunk deleted");
    }
}
