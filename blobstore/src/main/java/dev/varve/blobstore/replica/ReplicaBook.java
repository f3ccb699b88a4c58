package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.host.EventLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The states of this node's replicas: each change is durable before it takes effect.
 *
 * <p>Belongs to the loop, but for {@link #held} and {@link #counts}, which any thread may call.
 */
final class ReplicaBook {
    /**
     * A replica's state between two changes.
     *
     * @param term grows with each change of this run, so that one is never taken for another
     */
    record Held(ReplicaState state, long term) {
        private static final Held NOTHING = new Held(ReplicaState.OFFLINE, 0);
    }

    private record Pending(int group, @Nullable Mark mark, CompletableFuture<Void> done) {}

    private final EventLoop loop;
    private final DiskIdentity owner;
    private final Function<ByteBuffer, CompletableFuture<Void>> file;
    private final Set<Safeguard> safeguards;
    private final SortedMap<Integer, Mark> marks;
    private final Map<Integer, Held> held = new ConcurrentHashMap<>();
    private final List<Pending> waiting = new ArrayList<>();
    /** Groups whose marks may be others after a crash, since writing them failed. */
    private final Set<Integer> inDoubt = new HashSet<>();

    private boolean isWriting;
    private boolean isDue;
    private long sequence;
    private long terms;

    /**
     * @param owner the disk that the marks are for
     * @param known as they were read
     * @param file replaces all copies of the file of marks durably
     */
    ReplicaBook(
            EventLoop loop,
            DiskIdentity owner,
            MarkCodec.Found.Marks known,
            Function<ByteBuffer, CompletableFuture<Void>> file,
            Set<Safeguard> safeguards) {
        this.loop = loop;
        this.owner = owner;
        this.file = file;
        this.safeguards = safeguards;
        sequence = known.sequence();
        marks = new TreeMap<>(known.marks());
        marks.forEach((group, mark) -> held.put(group, new Held(mark.state(), ++terms)));
    }

    /**
     * What is known of a disk's replicas from the copies of its file of marks; nothing at all if they were written for
     * another disk, or are all damaged.
     */
    static MarkCodec.Found.Marks read(List<ByteBuffer> copies, DiskIdentity disk, Set<Safeguard> safeguards) {
        MarkCodec.Found.Marks newest = new MarkCodec.Found.Marks(0, new TreeMap<>());
        for (ByteBuffer copy : copies) {
            MarkCodec.Found found = MarkCodec.decode(copy, disk);
            if (found instanceof MarkCodec.Found.OtherDisk(DiskIdentity other)
                    && !safeguards.contains(Safeguard.MARKS_BELONG_TO_A_DISK)) {
                found = MarkCodec.decode(copy, other);
            }
            if (found instanceof MarkCodec.Found.Marks marks && marks.sequence() > newest.sequence()) {
                newest = marks;
            }
        }
        return newest;
    }

    ReplicaState state(int group) {
        return mark(group).state();
    }

    Mark mark(int group) {
        return marks.getOrDefault(group, Mark.OFFLINE);
    }

    /** Groups with a mark, in order. */
    List<Integer> groups() {
        return List.copyOf(marks.keySet());
    }

    List<Integer> groups(ReplicaState state) {
        return marks.entrySet().stream()
                .filter(entry -> entry.getValue().state() == state)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Changes a mark; null removes it. Completes when that is durable and in effect, exceptionally if it is neither. */
    CompletableFuture<Void> set(int group, @Nullable Mark mark) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        waiting.add(new Pending(group, mark, done));
        write();
        return done;
    }

    private void write() {
        if (isWriting || (waiting.isEmpty() && !isDue)) {
            return;
        }
        isWriting = true;
        isDue = false;
        List<Pending> batch = List.copyOf(waiting);
        waiting.clear();
        SortedMap<Integer, Mark> next = new TreeMap<>(marks);
        batch.forEach(change -> apply(next, change));
        loop.then(
                file.apply(MarkCodec.encode(owner, ++sequence, next))
                        .handle((nothing, failure) -> new Outcome(failure)),
                outcome -> {
                    isWriting = false;
                    Throwable failure = outcome.failure;
                    if (failure == null) {
                        inDoubt.clear();
                        batch.forEach(this::takeEffect);
                    } else {
                        // The files may be the old ones or the new; what follows replaces either.
                        batch.forEach(change -> inDoubt.add(change.group));
                        batch.forEach(change -> change.done.completeExceptionally(failure));
                    }
                    write();
                });
    }

    /** Whether a change failed after which, and after a crash, the replica may be what it was to become. */
    boolean isInDoubt(int group) {
        return inDoubt.contains(group);
    }

    /** Writes what is in effect where something else may have been written. */
    void clearDoubt() {
        isDue |= !inDoubt.isEmpty();
        write();
    }

    private record Outcome(@Nullable Throwable failure) {}

    private static void apply(SortedMap<Integer, Mark> marks, Pending change) {
        if (change.mark == null) {
            marks.remove(change.group);
        } else {
            marks.put(change.group, change.mark);
        }
    }

    private void takeEffect(Pending change) {
        Mark before = mark(change.group);
        apply(marks, change);
        if (mark(change.group).state() != before.state()) {
            held.put(change.group, new Held(mark(change.group).state(), ++terms));
        }
        change.done.complete(nothing());
    }

    @SuppressWarnings("NullAway") // a future of nothing completes with null
    static Void nothing() {
        return null;
    }

    /** The state now; a chunk may be taken if it is {@link #accepts}. */
    Held held(int group) {
        return held.getOrDefault(group, Held.NOTHING);
    }

    static boolean accepts(Held held) {
        return held.state == ReplicaState.MEMBER || held.state == ReplicaState.BOOTSTRAP;
    }

    /**
     * Whether a chunk that came at {@code since} and is durable now counts for its write. If the replica begins to leave
     * later it sees the chunk; if it has begun, or was away in between, the chunk does not count.
     */
    boolean counts(int group, long since) {
        Held now = held(group);
        return now.state == ReplicaState.MEMBER && now.term == since;
    }

    /** The same, for those who know what else there was. */
    boolean counts(int group, Held since) {
        Held now = safeguards.contains(Safeguard.COUNTED_WHEN_DURABLE) ? held(group) : since;
        boolean isMember = now.state == ReplicaState.MEMBER
                || (now.state == ReplicaState.BOOTSTRAP && !safeguards.contains(Safeguard.ONLY_MEMBERS_COUNT));
        return isMember && now.term == since.term;
    }
}
