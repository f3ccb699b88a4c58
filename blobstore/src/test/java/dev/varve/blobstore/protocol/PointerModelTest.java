package dev.varve.blobstore.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Committing by compare-and-set of a shard's pointer: two leaders that both believe in themselves, two batches, a few
 * messages in flight, replies that get lost, crashes, and reads under a lease.
 *
 * <p>Times and versions of -1 mean none. A log is a number with two bits for each batch, the last one lowest.
 */
class PointerModelTest {
    private static final int LEADERS = 2;
    private static final int BATCHES = 2;
    private static final int MOST_TIME = 5;
    private static final int LEASE = 2;
    private static final int MOST_EPOCH = 2;
    /** In flight when a leader begins to take over. */
    private static final int MOST_MESSAGES = 3;

    private static final int NONE = -1;
    private static final int MESSAGE_BITS = 19;
    private static final int LOW_SHIFT = 7;
    private static final int LOW_MESSAGES = 3;

    private enum Rule {
        GOOD,
        /** A reply that does not come is reported to the client as a failure. */
        TIMEOUT_IS_FAILURE,
        /** The pointer is set whatever its version is. */
        BLIND
    }

    private enum Role {
        IDLE,
        ACQUIRING,
        ACTIVE
    }

    private record Pointer(int epoch, int log, int version) {}

    private record Leader(Role role, int version, int log, int epoch, int pending, int lease, int mayAcknowledge) {
        static final Leader IDLE = new Leader(Role.IDLE, NONE, 0, NONE, NONE, NONE, NONE);

        Leader settled(int newVersion, int newLog, int newLease) {
            return new Leader(Role.ACTIVE, newVersion, newLog, epoch, NONE, newLease, mayAcknowledge);
        }
    }

    /** A compare-and-set on its way; {@code batch} is -1 if it raises the epoch. */
    private record Message(int leader, int expected, int epoch, int log, int batch, int sent)
            implements Comparable<Message> {
        int bits() {
            return leader | (expected + 1) << 1 | epoch << 5 | log << 7 | (batch + 1) << 13 | sent << 15 | 1 << 18;
        }

        static Message of(int bits) {
            return new Message(
                    bits & 1,
                    ((bits >>> 1) & 15) - 1,
                    (bits >>> 5) & 3,
                    (bits >>> 7) & 63,
                    ((bits >>> 13) & 3) - 1,
                    (bits >>> 15) & 7);
        }

        @Override
        public int compareTo(Message other) {
            return Integer.compare(bits(), other.bits());
        }
    }

    /** A state in few bits: millions are kept. */
    private record Packed(long high, long low, long more) {}

    /** A state; sets of batches are bits. */
    private record State(
            Pointer pointer, List<Leader> leaders, List<Message> messages, int acked, int failed, int next, int time) {
        Packed pack() {
            long high = pointer.epoch() | pointer.log() << 2 | (long) pointer.version() << 8;
            high |= (long) acked << 12 | (long) failed << 14 | (long) next << 16 | (long) time << 18;
            high |= (long) bits(leaders.get(0)) << 21;
            long second = bits(leaders.get(1));
            high |= (second & 0x3FFFF) << 46;
            long low = second >>> 18;
            long more = 0;
            for (int i = 0; i < messages.size(); i++) {
                long bits = messages.get(i).bits();
                low |= i < LOW_MESSAGES ? bits << (LOW_SHIFT + i * MESSAGE_BITS) : 0;
                more |= i < LOW_MESSAGES ? 0 : bits << ((i - LOW_MESSAGES) * MESSAGE_BITS);
            }
            return new Packed(high, low, more);
        }

        private static int bits(Leader leader) {
            int role = switch (leader.role()) {
                case IDLE -> 0;
                case ACQUIRING -> 1;
                case ACTIVE -> 2;
            };
            return role
                    | (leader.version() + 1) << 2
                    | leader.log() << 6
                    | (leader.epoch() + 1) << 12
                    | (leader.pending() + 1) << 14
                    | (leader.lease() + 1) << 16
                    | (leader.mayAcknowledge() + 1) << 20;
        }

        private static Leader leader(int bits) {
            Role role = switch (bits & 3) {
                case 0 -> Role.IDLE;
                case 1 -> Role.ACQUIRING;
                default -> Role.ACTIVE;
            };
            return new Leader(
                    role,
                    ((bits >>> 2) & 15) - 1,
                    (bits >>> 6) & 63,
                    ((bits >>> 12) & 3) - 1,
                    ((bits >>> 14) & 3) - 1,
                    ((bits >>> 16) & 15) - 1,
                    ((bits >>> 20) & 15) - 1);
        }

        static State unpack(Packed packed) {
            long high = packed.high();
            long low = packed.low();
            Pointer pointer = new Pointer((int) high & 3, (int) (high >>> 2) & 63, (int) (high >>> 8) & 15);
            int first = (int) (high >>> 21) & 0x1FFFFFF;
            int second = (int) ((high >>> 46) & 0x3FFFF) | ((int) low & 0x7F) << 18;
            List<Message> messages = new ArrayList<>();
            for (int i = 0; i < 2 * LOW_MESSAGES; i++) {
                long from = i < LOW_MESSAGES
                        ? low >>> (LOW_SHIFT + i * MESSAGE_BITS)
                        : packed.more() >>> ((i - LOW_MESSAGES) * MESSAGE_BITS);
                int bits = (int) from & 0x7FFFF;
                if (bits != 0) {
                    messages.add(Message.of(bits));
                }
            }
            return new State(
                    pointer,
                    List.of(leader(first), leader(second)),
                    messages,
                    (int) (high >>> 12) & 3,
                    (int) (high >>> 14) & 3,
                    (int) (high >>> 16) & 3,
                    (int) (high >>> 18) & 7);
        }

        State with(Pointer changed) {
            return new State(changed, leaders, messages, acked, failed, next, time);
        }

        State with(int i, Leader changed) {
            List<Leader> all = new ArrayList<>(leaders);
            all.set(i, changed);
            return new State(pointer, all, messages, acked, failed, next, time);
        }

        State without(Message message) {
            return new State(
                    pointer,
                    leaders,
                    messages.stream().filter(m -> !m.equals(message)).toList(),
                    acked,
                    failed,
                    next,
                    time);
        }

        State sending(Message message) {
            List<Message> all = new ArrayList<>(messages);
            if (!all.contains(message)) {
                all.add(message);
                all.sort(null);
            }
            return new State(pointer, leaders, all, acked, failed, next, time);
        }

        State acknowledging(int batch) {
            return new State(pointer, leaders, messages, acked | 1 << batch, failed, next, time);
        }

        State failing(int batch) {
            return new State(pointer, leaders, messages, acked, failed | 1 << batch, next, time);
        }

        State afterBatch() {
            return new State(pointer, leaders, messages, acked, failed, next + 1, time);
        }

        State later() {
            return new State(pointer, leaders, messages, acked, failed, next, time + 1);
        }
    }

    private static int appended(int log, int batch) {
        return log << 2 | (batch + 1);
    }

    /** The batches of a log as bits. */
    private static int batches(int log) {
        int set = 0;
        for (int rest = log; rest != 0; rest >>>= 2) {
            set |= 1 << ((rest & 3) - 1);
        }
        return set;
    }

    private static int length(int log) {
        return (Integer.SIZE - Integer.numberOfLeadingZeros(log) + 1) / 2;
    }

    private static boolean holds(int log, int batch) {
        return (batches(log) & 1 << batch) != 0;
    }

    /**
     * The protocol.
     *
     * @param takeOverWait how long a new leader waits before it acknowledges
     * @param isTimed whether time and leases are part of it
     */
    private record Protocol(Rule rule, int takeOverWait, boolean isTimed) implements StateSpace.Model<Packed> {
        @Override
        public Packed initial() {
            return new State(new Pointer(0, 0, 0), List.of(Leader.IDLE, Leader.IDLE), List.of(), 0, 0, 0, 0).pack();
        }

        @Override
        public Optional<String> violation(Packed packed) {
            State state = State.unpack(packed);
            int committed = batches(state.pointer().log());
            if ((state.acked() & ~committed) != 0) {
                return Optional.of("lost acknowledged write");
            }
            if (Integer.bitCount(committed) != length(state.pointer().log())) {
                return Optional.of("applied twice");
            }
            if ((state.failed() & committed) != 0) {
                return Optional.of("failed operation took effect");
            }
            for (Leader leader : state.leaders()) {
                boolean serves = leader.role() == Role.ACTIVE && state.time() < leader.lease();
                if (isTimed && serves && (state.acked() & ~batches(leader.log())) != 0) {
                    return Optional.of("stale leased read");
                }
            }
            return Optional.empty();
        }

        @Override
        public void steps(Packed packed, Consumer<Packed> packedSink) {
            State state = State.unpack(packed);
            Consumer<State> sink = next -> packedSink.accept(next.pack());
            if (isTimed && state.time() < MOST_TIME) {
                sink.accept(state.later());
            }
            for (int i = 0; i < LEADERS; i++) {
                stepLeader(state, i, sink);
            }
            for (Message message : state.messages()) {
                stepMessage(state, message, sink);
            }
        }

        private void stepLeader(State state, int i, Consumer<State> sink) {
            Leader leader = state.leaders().get(i);
            Pointer pointer = state.pointer();
            int time = state.time();
            if (leader.role() == Role.IDLE) {
                if (pointer.epoch() < MOST_EPOCH && state.messages().size() < MOST_MESSAGES) {
                    int epoch = pointer.epoch() + 1;
                    Message raise = new Message(i, pointer.version(), epoch, pointer.log(), NONE, time);
                    Leader acquiring =
                            new Leader(Role.ACQUIRING, pointer.version(), pointer.log(), epoch, NONE, NONE, NONE);
                    sink.accept(state.with(i, acquiring).sending(raise));
                }
                return;
            }
            // A crash: what it knew is gone, what it sent is not.
            sink.accept(state.with(i, Leader.IDLE));
            if (leader.role() != Role.ACTIVE) {
                return;
            }
            if (leader.pending() == NONE) {
                if (state.next() < BATCHES) {
                    int batch = state.next();
                    int expected = rule == Rule.BLIND ? NONE : leader.version();
                    Message commit =
                            new Message(i, expected, leader.epoch(), appended(leader.log(), batch), batch, time);
                    Leader waiting = new Leader(
                            Role.ACTIVE,
                            leader.version(),
                            leader.log(),
                            leader.epoch(),
                            batch,
                            leader.lease(),
                            leader.mayAcknowledge());
                    sink.accept(state.with(i, waiting).sending(commit).afterBatch());
                }
                if (isTimed && pointer.version() == leader.version() && leader.lease() < time + LEASE) {
                    sink.accept(state.with(i, leader.settled(leader.version(), leader.log(), time + LEASE)));
                }
            } else if (rule == Rule.TIMEOUT_IS_FAILURE) {
                Leader goingOn = leader.settled(leader.version(), leader.log(), leader.lease());
                sink.accept(state.with(i, goingOn).failing(leader.pending()));
            } else {
                readAndDecide(state, i, leader, sink);
            }
        }

        /** No reply came: the pointer itself says what happened. */
        private void readAndDecide(State state, int i, Leader leader, Consumer<State> sink) {
            Pointer pointer = state.pointer();
            int batch = leader.pending();
            if (holds(pointer.log(), batch) && pointer.epoch() == leader.epoch()) {
                if (mayAcknowledge(state, leader)) {
                    int lease = Math.max(leader.lease(), state.time() + LEASE);
                    sink.accept(state.with(i, leader.settled(pointer.version(), pointer.log(), lease))
                            .acknowledging(batch));
                }
            } else if (pointer.version() != leader.version()) {
                State stepsDown = state.with(i, Leader.IDLE);
                sink.accept(holds(pointer.log(), batch) ? stepsDown : stepsDown.failing(batch));
            }
        }

        private boolean mayAcknowledge(State state, Leader leader) {
            return !isTimed || state.time() >= leader.mayAcknowledge();
        }

        private void stepMessage(State state, Message message, Consumer<State> sink) {
            Pointer pointer = state.pointer();
            boolean isTaken = message.expected() == NONE || message.expected() == pointer.version();
            Pointer after = isTaken ? new Pointer(message.epoch(), message.log(), pointer.version() + 1) : pointer;
            State done = state.without(message).with(after);
            // The reply is lost.
            sink.accept(done);
            int i = message.leader();
            Leader leader = state.leaders().get(i);
            if (leader.epoch() != message.epoch()) {
                return;
            }
            if (leader.role() == Role.ACQUIRING && message.batch() == NONE) {
                Leader active = new Leader(
                        Role.ACTIVE,
                        after.version(),
                        message.log(),
                        message.epoch(),
                        NONE,
                        message.sent() + LEASE,
                        state.time() + takeOverWait);
                sink.accept(done.with(i, isTaken ? active : Leader.IDLE));
            }
            if (leader.role() == Role.ACTIVE && message.batch() != NONE && leader.pending() == message.batch()) {
                reply(state, done, message, isTaken, leader, sink);
            }
        }

        private void reply(
                State state, State done, Message message, boolean isTaken, Leader leader, Consumer<State> sink) {
            int i = message.leader();
            int batch = message.batch();
            Pointer pointer = state.pointer();
            if (isTaken) {
                if (mayAcknowledge(state, leader)) {
                    int lease = Math.max(leader.lease(), message.sent() + LEASE);
                    sink.accept(done.acknowledging(batch)
                            .with(i, leader.settled(done.pointer().version(), message.log(), lease)));
                }
            } else if (holds(pointer.log(), batch)) {
                Leader next = pointer.epoch() == leader.epoch()
                        ? leader.settled(pointer.version(), pointer.log(), leader.lease())
                        : Leader.IDLE;
                sink.accept(done.acknowledging(batch).with(i, next));
            } else {
                sink.accept(done.failing(batch).with(i, Leader.IDLE));
            }
        }
    }

    private static StateSpace.Outcome explore(Rule rule, int takeOverWait, boolean isTimed) {
        return StateSpace.explore(new Protocol(rule, takeOverWait, isTimed));
    }

    @Test
    void noAcknowledgedWriteIsLostAndNoFailedOneTakesEffect() {
        assertThat(explore(Rule.GOOD, LEASE, false)).isEqualTo(new StateSpace.Outcome(4_099, Optional.empty()));
    }

    @Test
    void reportingATimeOutAsFailureLies() {
        assertThat(explore(Rule.TIMEOUT_IS_FAILURE, LEASE, false).violation()).contains("failed operation took effect");
    }

    @Test
    void settingWithoutConditionBreaksPromises() {
        assertThat(explore(Rule.BLIND, LEASE, false).violation()).isPresent();
    }

    @Test
    void takingOverWithoutWaitingMakesLeasedReadsStale() {
        assertThat(explore(Rule.GOOD, 0, true).violation()).contains("stale leased read");
    }

    @Test
    @Tag("slow")
    void noLeasedReadIsStale() {
        assertThat(explore(Rule.GOOD, LEASE, true)).isEqualTo(new StateSpace.Outcome(2_667_566, Optional.empty()));
    }
}
