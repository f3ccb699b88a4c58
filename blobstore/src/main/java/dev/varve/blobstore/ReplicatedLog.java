package dev.varve.blobstore;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.shared.LogCore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.EventLoop;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A shared log of a cluster, for callers on any thread: its state belongs to the loop of the node. */
final class ReplicatedLog implements SharedLog {
    private static final long MOST_CLOSE_SECONDS = 5;
    private static final int RECORD_OVERHEAD = 128;

    private final LogCore core;
    private final int number;
    private final EventLoop loop;
    private final long mostQueuedBytes;
    private final AtomicLong queuedBytes = new AtomicLong();
    private volatile @Nullable FollowerThread thread;
    private volatile boolean isClosed;

    ReplicatedLog(LogCore core, int number, EventLoop loop, long mostQueuedBytes) {
        this.core = core;
        this.number = number;
        this.loop = loop;
        this.mostQueuedBytes = mostQueuedBytes;
    }

    @Override
    public String name() {
        return core.name();
    }

    @Override
    public void follow(long from, Follower follower) {
        FollowerThread delivery = new FollowerThread(core.name(), follower, loop);
        thread = delivery;
        loop.execute(() -> core.start(from, delivery));
    }

    @Override
    public CompletableFuture<Long> append(ByteBuffer record, Object own) {
        int size = record.remaining();
        if (size > MAX_RECORD_BYTES) {
            return CompletableFuture.failedFuture(new VarveException(
                    ErrorCode.TOO_LARGE, "a record of %d bytes; at most %d".formatted(size, MAX_RECORD_BYTES)));
        }
        if (isClosed) {
            return CompletableFuture.failedFuture(closed());
        }
        if (queuedBytes.addAndGet(size + RECORD_OVERHEAD) > mostQueuedBytes) {
            queuedBytes.addAndGet(-size - RECORD_OVERHEAD);
            return CompletableFuture.failedFuture(new VarveException(
                            ErrorCode.OVERLOADED,
                            "log %s: %d bytes wait to be appended".formatted(name(), mostQueuedBytes))
                    .withHint("send less at once, or try again later"));
        }
        CompletableFuture<Long> appended = new CompletableFuture<>();
        ByteBuffer bytes = record.asReadOnlyBuffer();
        loop.execute(() -> core.append(bytes, own, appended));
        return appended.whenComplete((position, failure) -> queuedBytes.addAndGet(-size - RECORD_OVERHEAD));
    }

    boolean isClosed() {
        return isClosed;
    }

    private VarveException closed() {
        return new VarveException(ErrorCode.NOT_READY, "log " + name() + " is closed on this node");
    }

    @Override
    public CompletableFuture<Long> caughtUp() {
        if (isClosed) {
            return CompletableFuture.failedFuture(closed());
        }
        CompletableFuture<Long> caughtUp = new CompletableFuture<>();
        loop.execute(() -> core.caughtUp(caughtUp));
        return caughtUp;
    }

    @Override
    public long seen() {
        return core.seen();
    }

    @Override
    public OptionalLong start() {
        long start = core.start();
        return start < 0 ? OptionalLong.empty() : OptionalLong.of(start);
    }

    @Override
    public boolean leads() {
        return core.leads();
    }

    @Override
    public Optional<String> leader() {
        return Optional.of(core.leader()).filter(leader -> !leader.isEmpty());
    }

    @Override
    public void nominate(String node) {
        loop.execute(() -> core.nominate(node));
    }

    @Override
    public long birth(long position) {
        return Birth.ofLog(number, position);
    }

    @Override
    public CompletableFuture<Boolean> checkpoint(Checkpoint checkpoint) {
        ByteBuffer manifest = ByteBuffer.allocate(checkpoint.manifest().remaining())
                .put(checkpoint.manifest().duplicate())
                .flip();
        return onLoop(() -> core.checkpoint(checkpoint.position(), manifest));
    }

    @Override
    public CompletableFuture<Boolean> truncateBefore(long position) {
        return onLoop(() -> core.truncateBefore(position));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    private CompletableFuture<Boolean> onLoop(Supplier<CompletableFuture<Boolean>> call) {
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        loop.execute(() -> call.get()
                .whenCompleteAsync(
                        (done, failure) -> {
                            if (failure == null) {
                                outcome.complete(done);
                            } else {
                                outcome.completeExceptionally(failure);
                            }
                        },
                        task -> Thread.ofVirtual().start(task)));
        return outcome;
    }

    @Override
    public Optional<ChunkRef> head() {
        return core.head();
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        CompletableFuture<Void> closed = new CompletableFuture<>();
        loop.execute(() -> loop.then(core.close(), closed::complete));
        try {
            closed.get(MOST_CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new VarveException(ErrorCode.INTERNAL, "log " + name() + " does not close", e);
        } finally {
            FollowerThread delivery = thread;
            if (delivery != null) {
                delivery.close();
            }
        }
    }
}
