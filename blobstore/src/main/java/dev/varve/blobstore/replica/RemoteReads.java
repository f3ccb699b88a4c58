package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterView;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads chunks of other nodes: from the fastest that should have it, soon also from the next if that one is slow, and at
 * last from anybody. Thread-safe; whoever reads waits.
 */
final class RemoteReads {
    private static final Duration LEAST_HEDGE = Duration.ofMillis(20);
    private static final Duration MOST_HEDGE = Duration.ofSeconds(1);

    private final String self;
    private final Supplier<ClusterView> view;
    private final PeerChunks peers;
    private final Pace pace;
    private final Underreplicated lacking;
    private final Duration timeout;
    private final ReplicationCounters counters;

    RemoteReads(
            String self,
            Supplier<ClusterView> view,
            PeerChunks peers,
            Pace pace,
            Underreplicated lacking,
            Duration timeout,
            ReplicationCounters counters) {
        this.self = self;
        this.view = view;
        this.peers = peers;
        this.pace = pace;
        this.lacking = lacking;
        this.timeout = timeout;
        this.counters = counters;
    }

    private record Answer(
            String node,
            @Nullable ByteBuffer bytes,
            @Nullable Throwable failure) {}

    /** The bytes, as many as were asked for, verified. */
    ByteBuffer read(ChunkRef ref, long offset, int count) {
        ClusterView now = view.get();
        List<String> nodes = order(now, ref.id().group());
        LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
        List<Answer> failures = new ArrayList<>();
        int asked = 0;
        int outstanding = 0;
        while (true) {
            if (outstanding == 0) {
                if (asked == nodes.size()) {
                    throw exhausted(ref, now, failures);
                }
                ask(nodes.get(asked++), ref, offset, count, answers);
                outstanding++;
            }
            boolean isLast = asked == nodes.size();
            Answer answer = poll(answers, isLast ? timeout.multipliedBy(2) : pace.hedge(LEAST_HEDGE, MOST_HEDGE));
            if (answer == null) {
                if (isLast) {
                    throw exhausted(ref, now, failures);
                }
                counters.hedges.increment();
                ask(nodes.get(asked++), ref, offset, count, answers);
                outstanding++;
                continue;
            }
            outstanding--;
            ByteBuffer bytes = answer.bytes;
            if (bytes != null) {
                counters.remoteReads.increment();
                counters.remoteReadBytes.add(count);
                report(ref, now, failures);
                return bytes;
            }
            failures.add(answer);
        }
    }

    private void ask(String node, ChunkRef ref, long offset, int count, LinkedBlockingQueue<Answer> answers) {
        var _ = peers.get(node, ref, offset, count, timeout).whenComplete((bytes, failure) -> {
            Throwable cause = failure == null ? null : PeerChunks.cause(failure);
            answers.add(new Answer(node, cause == null ? bytes : null, cause));
        });
    }

    private static @Nullable Answer poll(LinkedBlockingQueue<Answer> answers, Duration most) {
        boolean interrupted = false;
        long end = System.nanoTime() + most.toNanos();
        try {
            while (true) {
                try {
                    return answers.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Members first, those that answer before those that do not, the faster before the slower; then everybody else. */
    private List<String> order(ClusterView now, int group) {
        List<String> members = new ArrayList<>(now.holders(group));
        members.sort(Comparator.<String>comparingInt(node -> (now.isLive(node) ? 0 : 2) + (pace.isPrompt(node) ? 0 : 1))
                .thenComparingDouble(pace::readNanos));
        Set<String> nodes = new LinkedHashSet<>();
        members.stream().filter(now::isLive).forEach(nodes::add);
        nodes.addAll(now.live());
        // The view may be wrong about who is there.
        nodes.addAll(members);
        nodes.remove(self);
        return List.copyOf(nodes);
    }

    private static boolean isBad(Answer failure) {
        return failure.failure instanceof VarveException told
                && (told.code() == ErrorCode.NOT_FOUND
                        || told.code() == ErrorCode.CORRUPT
                        || told.code() == ErrorCode.STORAGE);
    }

    /** Somebody has it: those that should have it too and do not are to get it. */
    private void report(ChunkRef ref, ClusterView now, List<Answer> failures) {
        List<String> members = now.holders(ref.id().group());
        for (Answer failure : failures) {
            if (isBad(failure) && members.contains(failure.node)) {
                counters.badReplicas.increment();
                counters.lacking.increment();
                lacking.lacks(failure.node, ref);
            }
        }
    }

    private VarveException exhausted(ChunkRef ref, ClusterView now, List<Answer> failures) {
        Set<String> bad = new LinkedHashSet<>();
        List<String> reasons = new ArrayList<>();
        for (Answer failure : failures) {
            if (isBad(failure)) {
                bad.add(failure.node);
            }
            Throwable cause = failure.failure;
            reasons.add(failure.node + ": " + (cause == null ? "no answer" : cause.getMessage()));
        }
        List<String> members = now.holders(ref.id().group());
        boolean isLost =
                !members.isEmpty() && members.stream().allMatch(node -> node.equals(self) || bad.contains(node));
        return new VarveException(
                        isLost ? ErrorCode.STORAGE : ErrorCode.NOT_READY,
                        "no node gives chunk " + ref.id() + " of " + ref.length() + " bytes; members of group "
                                + ref.id().group() + " are " + members + "; " + String.join("; ", reasons))
                .withHint(
                        isLost
                                ? "every node that should have it was asked; nothing was changed"
                                : "try again when the nodes are there");
    }
}
