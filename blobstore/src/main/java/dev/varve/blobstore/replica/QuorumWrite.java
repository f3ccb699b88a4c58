package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * Writes one chunk to the members of a group, and says when it is written. Belongs to the loop.
 *
 * <p>It is written when all members that are waited for have it, or {@code copies} of them; after a while
 * {@code leastCopies} are enough. If there are not that many in time, or cannot be any more, the chunk gets a new id in
 * another group; an id that was given up is never named to anyone. Copies on nodes that are not members count for nothing.
 */
final class QuorumWrite {
    /**
     * One try.
     *
     * @param members whose copies count
     * @param others who shall have it too
     */
    record Attempt(ChunkId id, List<String> members, List<String> others) {}

    /**
     * How long to wait.
     *
     * @param straggler for copies that are not needed
     * @param giveUp for those that are
     */
    record Patience(Duration straggler, Duration giveUp) {}

    /** Where the copies go. */
    interface Copies {
        /** A try in a group that was not tried; empty if there is none. */
        Optional<Attempt> next(Set<Integer> tried);

        /** Completes on the loop, when the copy is durable, with whether it counts. */
        CompletableFuture<Boolean> send(Attempt attempt, String node);

        /** Whether the node seems to be there. */
        boolean isLive(String node);

        /** Whether it is worth while to wait for a live node if it is not needed. */
        boolean isPrompt(String node);

        Patience patience();

        /** A node did not get its copy of a chunk that is written. */
        void lacks(Attempt attempt, String node);

        /** A chunk is written without some that were waited for. */
        void leftBehind(int stragglers);

        /** A try has failed. */
        void slipped(Attempt attempt);
    }

    private final EventLoop loop;
    private final ReplicationSettings settings;
    private final Copies copies;
    private final CompletableFuture<Attempt> done = new CompletableFuture<>();
    private final Set<Integer> tried = new TreeSet<>();
    private final List<String> reasons = new ArrayList<>();
    private boolean isOnlyFull = true;

    private QuorumWrite(EventLoop loop, ReplicationSettings settings, Copies copies) {
        this.loop = loop;
        this.settings = settings;
        this.copies = copies;
    }

    /**
     * Completes on the loop with the try that succeeded, or fails with {@code NOT_READY}, or {@code DISK_FULL} if that was all
     * that went wrong; then nobody will ever hear of the chunk.
     */
    static CompletableFuture<Attempt> run(EventLoop loop, ReplicationSettings settings, Copies copies) {
        QuorumWrite write = new QuorumWrite(loop, settings, copies);
        write.next();
        return write.done;
    }

    private void next() {
        Optional<Attempt> attempt = tried.size() < settings.tries() ? copies.next(tried) : Optional.empty();
        if (attempt.isEmpty()) {
            fail();
            return;
        }
        tried.add(attempt.get().id().group());
        new Try(attempt.get()).begin();
    }

    private void fail() {
        boolean isFull = isOnlyFull && !reasons.isEmpty();
        String what = tried.isEmpty()
                ? "no group has " + settings.leastCopies() + " members that this node knows of"
                : "fewer than " + settings.leastCopies() + " nodes have it: " + String.join("; ", reasons);
        done.completeExceptionally(new VarveException(
                        isFull ? ErrorCode.DISK_FULL : ErrorCode.NOT_READY, "the chunk was not written, " + what)
                .withHint("nothing was changed; try again when the nodes are there"));
    }

    /** One try; what comes after its end only tells whether somebody lacks a copy. */
    private final class Try {
        private final Attempt attempt;
        private final Set<String> outstanding = new LinkedHashSet<>();
        private final Set<String> without = new LinkedHashSet<>();
        private final List<EventLoop.Timer> timers = new ArrayList<>();
        private int acks;
        private boolean isLate;
        private boolean isOver;
        private boolean isWritten;

        Try(Attempt attempt) {
            this.attempt = attempt;
        }

        void begin() {
            List<String> live =
                    attempt.members().stream().filter(copies::isLive).toList();
            // Too few of them: the view may be wrong.
            List<String> targets = live.size() < settings.leastCopies() ? attempt.members() : live;
            outstanding.addAll(targets);
            attempt.members().stream()
                    .filter(node -> !targets.contains(node))
                    .forEach(node -> missed(node, node + " is not there"));
            Patience patience = copies.patience();
            timers.add(loop.after(patience.straggler(), () -> {
                isLate = true;
                check();
            }));
            timers.add(loop.after(patience.giveUp(), this::giveUp));
            targets.forEach(this::send);
            attempt.others().stream().filter(copies::isLive).forEach(node -> {
                var _ = copies.send(attempt, node);
            });
            check();
        }

        private void send(String node) {
            CompletableFuture<Runnable> answer = copies.send(attempt, node)
                    .handle((counts, failure) -> failure != null
                            ? () -> failed(node, failure)
                            : () -> answered(node, Boolean.TRUE.equals(counts)));
            loop.then(answer, outcome -> {
                outstanding.remove(node);
                outcome.run();
                check();
            });
        }

        private void failed(String node, Throwable failure) {
            Throwable cause = PeerChunks.cause(failure);
            isOnlyFull &= cause instanceof VarveException world && world.code() == ErrorCode.DISK_FULL;
            missed(node, node + ": " + cause.getMessage());
        }

        private void answered(String node, boolean counts) {
            if (counts) {
                acks++;
            } else {
                isOnlyFull = false;
                missed(node, node + " is no member");
            }
        }

        private void missed(String node, String reason) {
            if (isWritten) {
                copies.lacks(attempt, node);
                return;
            }
            without.add(node);
            if (!isOver) {
                reasons.add("group " + attempt.id().group() + " " + reason);
            }
        }

        private void check() {
            if (isOver) {
                return;
            }
            if (acks + outstanding.size() < settings.leastCopies()) {
                end();
                copies.slipped(attempt);
                next();
            } else if (acks >= settings.leastCopies()) {
                long awaited = outstanding.stream()
                        .filter(node -> copies.isLive(node) && copies.isPrompt(node))
                        .count();
                if (acks >= settings.copies() || awaited == 0 || isLate) {
                    end();
                    succeed((int) awaited);
                }
            }
        }

        private void succeed(int stragglers) {
            isWritten = true;
            without.forEach(node -> copies.lacks(attempt, node));
            if (stragglers > 0 && acks < settings.copies()) {
                copies.leftBehind(stragglers);
            }
            done.complete(attempt);
        }

        private void giveUp() {
            if (isOver) {
                return;
            }
            isOnlyFull = false;
            outstanding.forEach(node -> reasons.add("group " + attempt.id().group() + " " + node + " did not answer in "
                    + copies.patience().giveUp()));
            end();
            copies.slipped(attempt);
            next();
        }

        private void end() {
            isOver = true;
            timers.forEach(EventLoop.Timer::cancel);
        }
    }
}
