package dev.varve.blobstore.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Draining before dropping: four nodes, one chunk, a placement that may turn any node to any role at any moment, and a
 * writer with an old view of it.
 *
 * <p>A state is a number: seven bits for each node (its role, whether it has the chunk, on which others it has seen it), four
 * for the nodes that acknowledged the chunk to the writer, and one for whether the writer took that as success.
 */
class DrainModelTest {
    private static final int NODES = 4;
    private static final int NODE_BITS = 7;
    private static final int ACKS_SHIFT = NODES * NODE_BITS;
    private static final int ACKED_SHIFT = ACKS_SHIFT + NODES;
    private static final int OUT = 0;
    private static final int MEMBER = 1;
    private static final int DRAINING = 2;
    private static final int BOOTSTRAP = 3;

    private enum Rule {
        GOOD,
        /** Copies on draining nodes count as seen. */
        COUNT_DRAINING,
        /** Draining nodes take chunks. */
        ACCEPT_WHILE_DRAINING,
        /** A draining node may become a member again and keeps what it has seen. */
        REVOCABLE,
        /** A draining node may become a member again and forgets what it has seen. */
        CALLED_BACK,
        /** The same, but it bootstraps first, which may be given up without a drain. */
        CALLED_BACK_TO_BOOTSTRAP
    }

    private record Node(int role, boolean hasChunk, int seenOn) {}

    /**
     * The protocol.
     *
     * @param copies that must be seen on others before a draining node drops its own
     */
    private record Protocol(Rule rule, int copies) implements StateSpace.Model<Long> {
        @Override
        public Long initial() {
            return 0L;
        }

        private static Node node(long state, int i) {
            int bits = (int) (state >>> (i * NODE_BITS)) & 0x7F;
            return new Node(bits & 3, (bits & 4) != 0, bits >>> 3);
        }

        private static long with(long state, int i, Node node) {
            long bits = node.role() | (node.hasChunk() ? 4 : 0) | ((long) node.seenOn() << 3);
            return (state & ~(0x7FL << (i * NODE_BITS))) | (bits << (i * NODE_BITS));
        }

        private static int acks(long state) {
            return (int) (state >>> ACKS_SHIFT) & 0xF;
        }

        private static boolean isAcked(long state) {
            return ((state >>> ACKED_SHIFT) & 1) != 0;
        }

        @Override
        public Optional<String> violation(Long state) {
            for (int i = 0; i < NODES; i++) {
                if (node(state, i).hasChunk()) {
                    return Optional.empty();
                }
            }
            return isAcked(state) ? Optional.of("acked chunk lost") : Optional.empty();
        }

        @Override
        public void steps(Long state, Consumer<Long> sink) {
            for (int i = 0; i < NODES; i++) {
                Node node = node(state, i);
                stepRole(state, i, node, sink);
                boolean accepts =
                        node.role() == MEMBER || (node.role() == DRAINING && rule == Rule.ACCEPT_WHILE_DRAINING);
                int acks = acks(state);
                if (accepts && Integer.bitCount(acks) < 3 && (acks & (1 << i)) == 0 && !isAcked(state)) {
                    int more = acks | (1 << i);
                    long acked = Integer.bitCount(more) >= 2 ? 1L << ACKED_SHIFT : 0;
                    long next = with(state, i, new Node(node.role(), true, node.seenOn()));
                    sink.accept(next | ((long) more << ACKS_SHIFT) | acked);
                }
                if (node.role() == DRAINING) {
                    stepDraining(state, i, node, sink);
                }
            }
        }

        private void stepRole(long state, int i, Node node, Consumer<Long> sink) {
            if (node.role() == OUT) {
                sink.accept(with(state, i, new Node(MEMBER, node.hasChunk(), 0)));
            }
            if (node.role() == MEMBER) {
                sink.accept(with(state, i, new Node(DRAINING, node.hasChunk(), 0)));
                if (rule == Rule.REVOCABLE) {
                    sink.accept(with(state, i, new Node(DRAINING, node.hasChunk(), node.seenOn())));
                }
            }
            if (node.role() == DRAINING && rule == Rule.REVOCABLE) {
                sink.accept(with(state, i, new Node(MEMBER, node.hasChunk(), node.seenOn())));
            }
            if (node.role() == DRAINING && rule == Rule.CALLED_BACK) {
                sink.accept(with(state, i, new Node(MEMBER, node.hasChunk(), 0)));
            }
            if (node.role() == DRAINING && rule == Rule.CALLED_BACK_TO_BOOTSTRAP) {
                sink.accept(with(state, i, new Node(BOOTSTRAP, node.hasChunk(), 0)));
            }
            if (node.role() == BOOTSTRAP) {
                sink.accept(with(state, i, new Node(MEMBER, node.hasChunk(), 0)));
                sink.accept(with(state, i, new Node(OUT, false, 0)));
            }
        }

        private void stepDraining(long state, int i, Node node, Consumer<Long> sink) {
            for (int j = 0; j < NODES; j++) {
                Node other = node(state, j);
                if (j == i) {
                    continue;
                }
                if (node.hasChunk() && other.role() == MEMBER && !other.hasChunk()) {
                    sink.accept(with(state, j, new Node(MEMBER, true, other.seenOn())));
                }
                boolean counts = other.role() == MEMBER || (other.role() == DRAINING && rule == Rule.COUNT_DRAINING);
                if (counts && other.hasChunk() && (node.seenOn() & (1 << j)) == 0) {
                    sink.accept(with(state, i, new Node(DRAINING, node.hasChunk(), node.seenOn() | (1 << j))));
                }
            }
            if (!node.hasChunk() || Integer.bitCount(node.seenOn()) >= copies) {
                sink.accept(with(state, i, new Node(OUT, false, 0)));
            }
        }
    }

    private static Optional<String> violation(Rule rule, int copies) {
        return StateSpace.explore(new Protocol(rule, copies)).violation();
    }

    @Test
    void noAcknowledgedChunkIsLost() {
        assertThat(StateSpace.explore(new Protocol(Rule.GOOD, 2)))
                .isEqualTo(new StateSpace.Outcome(110_189, Optional.empty()));
    }

    @Test
    void countingDrainingCopiesLosesAChunk() {
        assertThat(violation(Rule.COUNT_DRAINING, 2)).contains("acked chunk lost");
        assertThat(violation(Rule.COUNT_DRAINING, 1)).contains("acked chunk lost");
    }

    @Test
    void drainingThatCanBeRevokedLosesAChunk() {
        assertThat(violation(Rule.REVOCABLE, 2)).contains("acked chunk lost");
        assertThat(violation(Rule.REVOCABLE, 1)).contains("acked chunk lost");
    }

    @Test
    void drainingThatForgetsWhatItSawMayBeCalledBack() {
        assertThat(StateSpace.explore(new Protocol(Rule.CALLED_BACK, 2)))
                .isEqualTo(new StateSpace.Outcome(110_193, Optional.empty()));
    }

    @Test
    void callingBackToABootstrapThatIsGivenUpLosesAChunk() {
        assertThat(violation(Rule.CALLED_BACK_TO_BOOTSTRAP, 2)).contains("acked chunk lost");
    }

    @Test
    @Tag("slow")
    void oneCopyElsewhereWouldDoAndSoWouldAcceptingWhileDraining() {
        assertThat(StateSpace.explore(new Protocol(Rule.GOOD, 1)))
                .isEqualTo(new StateSpace.Outcome(237_677, Optional.empty()));
        assertThat(violation(Rule.ACCEPT_WHILE_DRAINING, 2)).isEmpty();
    }
}
