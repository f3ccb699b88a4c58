package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Logs that several nodes of one process share, without disks or a network: what is appended is committed at once, and
 * followers hear of it sooner or later. Leaders change, and appends fail in each way they may.
 */
final class MemoryLogs {
    private final InstantSource clock;
    private final Random random;
    private final Map<String, Log> logs = new HashMap<>();
    /** Of 1000 appends, so many fail in some way. */
    private volatile int troubles;

    private volatile boolean lags;
    private final Set<String> wrong = ConcurrentHashMap.newKeySet();

    MemoryLogs(long seed, InstantSource clock) {
        this.random = new Random(seed);
        this.clock = clock;
    }

    void setTroubles(int perThousand) {
        troubles = perThousand;
        lags = perThousand > 0;
    }

    void setLags(boolean lag) {
        lags = lag;
    }

    private int draw(int bound) {
        synchronized (random) {
            return random.nextInt(bound);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Committed(
            SharedLog.Stamp stamp,
            byte[] bytes,
            @Nullable Member from,
            @Nullable Object own) {}

    /** What all nodes agree on; guarded by itself. */
    private final class Log {
        private final NavigableMap<Long, Committed> records = new TreeMap<>();
        private long start;
        private long end;
        private Instant trusted = Instant.EPOCH;
        private Optional<String> leader = Optional.empty();
        private SharedLog.@Nullable Checkpoint newest;

        synchronized long commit(byte[] bytes, @Nullable Member from, @Nullable Object own) {
            Instant now = clock.instant();
            trusted = now.isAfter(trusted) ? now : trusted;
            records.put(end, new Committed(new SharedLog.Stamp(now, trusted), bytes, from, own));
            end++;
            notifyAll();
            return end - 1;
        }

        synchronized boolean checkpoint(SharedLog.Checkpoint checkpoint) {
            SharedLog.Checkpoint before = newest;
            if (before != null && before.position() >= checkpoint.position()) {
                return false;
            }
            newest = new SharedLog.Checkpoint(
                    checkpoint.position(),
                    ByteBuffer.allocate(checkpoint.manifest().remaining())
                            .put(checkpoint.manifest().duplicate())
                            .flip());
            if (before != null) {
                start = before.position();
                records.headMap(start).clear();
            }
            return true;
        }

        /** As if the checkpoint before the newest had been forgotten too. */
        synchronized void truncateToNewest() {
            if (newest != null) {
                start = newest.position();
                records.headMap(start).clear();
            }
        }
    }

    private synchronized Log log(String name) {
        return logs.computeIfAbsent(name, _ -> new Log());
    }

    /** Shows a node the next record of a log as one that cannot be read. */
    void showWrongly(String node, String name) {
        wrong.add(node + " " + name);
    }

    /** From now on the logs of all names are others, without records. */
    synchronized void forgetAll() {
        logs.clear();
    }

    /** Lets nobody read what is below the newest checkpoints. */
    synchronized void truncateToNewest() {
        logs.values().forEach(Log::truncateToNewest);
    }

    /** Makes a node the leader of all logs. */
    void leadAll(String node) {
        names().forEach(name -> lead(name, node));
    }

    /** Makes a node the leader of a log. */
    void lead(String name, String node) {
        Log log = log(name);
        synchronized (log) {
            log.leader = Optional.of(node);
        }
    }

    synchronized List<String> names() {
        return new ArrayList<>(logs.keySet());
    }

    /** Puts something into a log that no node has sent. */
    void commit(String name, byte[] bytes) {
        log(name).commit(bytes, null, null);
    }

    /** The log of a name on a node. */
    SharedLog open(String node, String name) {
        Log log = log(name);
        synchronized (log) {
            if (log.leader.isEmpty()) {
                log.leader = Optional.of(node);
            }
        }
        return new Member(node, name, log);
    }

    private record Awaited(long below, CompletableFuture<Long> future, long value) {}

    private final class Member implements SharedLog {
        private final String node;
        private final String name;
        private final Log log;
        private final List<Awaited> awaited = new ArrayList<>();
        private volatile boolean closed;
        private volatile long seen;
        private @Nullable Thread thread;

        Member(String node, String name, Log log) {
            this.node = node;
            this.name = name;
            this.log = log;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void follow(long from, Follower follower) {
            seen = from;
            thread = Thread.ofPlatform()
                    .daemon()
                    .name("follow " + node + " " + name)
                    .start(() -> deliver(follower));
        }

        private void deliver(Follower follower) {
            long at = seen;
            while (!closed) {
                Committed next = null;
                Checkpoint skipped = null;
                synchronized (log) {
                    if (at < log.start) {
                        skipped = log.newest;
                    } else if (at < log.end) {
                        next = log.records.get(at);
                    } else {
                        settle();
                        try {
                            log.wait(20);
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        continue;
                    }
                }
                if (skipped != null) {
                    follower.skip(skipped);
                    at = skipped.position();
                } else if (next != null) {
                    if (lags && draw(10) == 0) {
                        LockSupport.parkNanos(draw(2_000_000));
                    }
                    follower.record(
                            at,
                            next.stamp(),
                            wrong.remove(node + " " + name)
                                    ? ByteBuffer.wrap(new byte[] {99})
                                    : ByteBuffer.wrap(next.bytes()).asReadOnlyBuffer(),
                            next.from() == this ? next.own() : null);
                    at++;
                }
                seen = at;
                settle();
            }
        }

        private void settle() {
            List<Awaited> done = new ArrayList<>();
            synchronized (awaited) {
                awaited.removeIf(one -> one.below() <= seen && done.add(one));
            }
            done.forEach(one -> one.future().complete(one.value()));
        }

        private CompletableFuture<Long> await(long below, long value) {
            CompletableFuture<Long> future = new CompletableFuture<>();
            synchronized (awaited) {
                if (!closed) {
                    awaited.add(new Awaited(below, future, value));
                } else {
                    future.completeExceptionally(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
            }
            synchronized (log) {
                log.notifyAll();
            }
            return future;
        }

        private VarveException failure(ErrorCode code) {
            return new VarveException(code, name + " on " + node + " was told to fail");
        }

        @Override
        public CompletableFuture<Long> append(ByteBuffer record, Object own) {
            byte[] bytes = new byte[record.remaining()];
            record.duplicate().get(bytes);
            if (closed) {
                return CompletableFuture.failedFuture(failure(ErrorCode.NOT_READY));
            }
            if (draw(1000) < troubles) {
                return trouble(bytes, own);
            }
            long position = log.commit(bytes, this, own);
            return await(position + 1, position);
        }

        private CompletableFuture<Long> trouble(byte[] bytes, Object own) {
            return switch (draw(5)) {
                case 0 -> CompletableFuture.failedFuture(failure(ErrorCode.NOT_READY));
                case 1 -> CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                case 2 -> {
                    log.commit(bytes, this, own);
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
                case 3 -> {
                    // The node has been started again, and sees it as that of another.
                    log.commit(bytes, null, null);
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
                default -> {
                    Thread.ofVirtual().start(() -> {
                        LockSupport.parkNanos(draw(20_000_000));
                        log.commit(bytes, this, own);
                    });
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
            };
        }

        @Override
        public CompletableFuture<Long> caughtUp() {
            if (closed || draw(1000) < troubles / 4) {
                return CompletableFuture.failedFuture(failure(ErrorCode.NOT_READY));
            }
            long end;
            synchronized (log) {
                end = log.end;
            }
            return await(end, end);
        }

        @Override
        public long seen() {
            return seen;
        }

        @Override
        public OptionalLong start() {
            synchronized (log) {
                return OptionalLong.of(log.start);
            }
        }

        @Override
        public boolean leads() {
            return leader().equals(Optional.of(node));
        }

        @Override
        public Optional<String> leader() {
            synchronized (log) {
                return log.leader;
            }
        }

        @Override
        public void nominate(String chosen) {
            lead(name, chosen);
        }

        @Override
        public long birth(long position) {
            return Long.MIN_VALUE | ((long) Math.floorMod(name.hashCode(), 1000) << 48) | position;
        }

        @Override
        public CompletableFuture<Boolean> checkpoint(Checkpoint checkpoint) {
            return CompletableFuture.completedFuture(leads() && log.checkpoint(checkpoint));
        }

        @Override
        public CompletableFuture<Boolean> truncateBefore(long position) {
            return CompletableFuture.completedFuture(false);
        }

        @Override
        public Optional<ChunkRef> head() {
            return Optional.empty();
        }

        @Override
        public void close() {
            closed = true;
            synchronized (log) {
                log.notifyAll();
            }
            Thread running = thread;
            if (running != null) {
                try {
                    running.join();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            List<Awaited> left;
            synchronized (awaited) {
                left = List.copyOf(awaited);
                awaited.clear();
            }
            left.forEach(one -> one.future().completeExceptionally(failure(ErrorCode.UNKNOWN_OUTCOME)));
        }
    }
}
