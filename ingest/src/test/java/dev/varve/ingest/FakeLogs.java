package dev.varve.ingest;

import dev.varve.blobstore.SharedLog;
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
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Logs that several nodes of one process share, without disks or a network: followers hear of what is appended sooner or
 * later, appends fail in each way they may, and leaders change when they are told to.
 */
final class FakeLogs implements ClusterLogs {
    /** Between the first positions of logs, so that they do not agree by chance. */
    private static final long POSITIONS_APART = 1_000;

    private final InstantSource clock;
    private final Random random;
    private final Map<String, Log> logs = new HashMap<>();
    private volatile int troubles;

    FakeLogs(long seed, InstantSource clock) {
        this.random = new Random(seed);
        this.clock = clock;
    }

    @Override
    public void setTroubles(int perThousand) {
        troubles = perThousand;
    }

    private int draw(int bound) {
        synchronized (random) {
            return random.nextInt(bound);
        }
    }

    private record Committed(
            SharedLog.Stamp stamp,
            ByteBuffer bytes,
            @Nullable Member from,
            @Nullable Object own) {}

    /** What all nodes agree on; guarded by itself. */
    private static final class Log {
        private final NavigableMap<Long, Committed> records = new TreeMap<>();
        private long start;
        private long end;
        private Instant trusted = Instant.EPOCH;
        private String leader = "";

        /** A log that was cut before. */
        Log(long start) {
            this.start = start;
            this.end = start;
        }
    }

    private synchronized Log log(String name) {
        return logs.computeIfAbsent(name, missing -> new Log(POSITIONS_APART * (name.hashCode() & 3)));
    }

    @Override
    public void lead(String name, String node) {
        Log log = log(name);
        synchronized (log) {
            log.leader = node;
        }
    }

    /** How many records a log has dropped, and how many it has in all. */
    long start(String name) {
        Log log = log(name);
        synchronized (log) {
            return log.start;
        }
    }

    long end(String name) {
        Log log = log(name);
        synchronized (log) {
            return log.end;
        }
    }

    @Override
    public Node node(String node) {
        List<Member> open = new ArrayList<>();
        return new Node() {
            @Override
            public SharedLog open(String name, int number) {
                Member member = new Member(node, name, log(name));
                open.add(member);
                return member;
            }

            @Override
            public void close() {
                open.forEach(Member::close);
            }
        };
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
            thread = Thread.ofPlatform().daemon().name("follow " + node).start(() -> deliver(follower));
        }

        private void deliver(Follower follower) {
            while (!closed) {
                long at = seen;
                Committed next;
                long start;
                synchronized (log) {
                    start = log.start;
                    next = log.records.get(at);
                    if (at >= log.end) {
                        try {
                            log.wait(20);
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        continue;
                    }
                }
                if (draw(10) == 0) {
                    LockSupport.parkNanos(draw(1_000_000));
                }
                if (next == null) {
                    follower.skip(new Checkpoint(start, ByteBuffer.allocate(0)));
                    seen = start;
                } else {
                    follower.record(
                            at, next.stamp(), next.bytes().duplicate(), next.from() == this ? next.own() : null);
                    seen = at + 1;
                }
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
                if (closed) {
                    future.completeExceptionally(failure(ErrorCode.UNKNOWN_OUTCOME));
                } else {
                    awaited.add(new Awaited(below, future, value));
                }
            }
            settle();
            return future;
        }

        private VarveException failure(ErrorCode code) {
            return new VarveException(code, name + " on " + node + " was told to fail");
        }

        private long commit(ByteBuffer bytes, @Nullable Member from, @Nullable Object own) {
            synchronized (log) {
                Instant now = clock.instant();
                log.trusted = now.isAfter(log.trusted) ? now : log.trusted;
                log.records.put(log.end, new Committed(new Stamp(now, log.trusted), bytes, from, own));
                log.end++;
                log.notifyAll();
                return log.end - 1;
            }
        }

        @Override
        public CompletableFuture<Long> append(ByteBuffer record, Object own) {
            if (record.remaining() > MAX_RECORD_BYTES) {
                throw new IllegalArgumentException("a record of " + record.remaining() + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate(record.remaining())
                    .put(record.duplicate())
                    .flip()
                    .asReadOnlyBuffer();
            if (closed || draw(1_000) < troubles) {
                return closed ? CompletableFuture.failedFuture(failure(ErrorCode.NOT_READY)) : trouble(bytes, own);
            }
            long position = commit(bytes, this, own);
            return await(position + 1, position);
        }

        private CompletableFuture<Long> trouble(ByteBuffer bytes, Object own) {
            return switch (draw(5)) {
                case 0 -> CompletableFuture.failedFuture(failure(ErrorCode.NOT_READY));
                case 1 -> CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                case 2 -> {
                    commit(bytes, this, own);
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
                case 3 -> {
                    commit(bytes, null, null);
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
                default -> {
                    Thread.ofVirtual().start(() -> {
                        LockSupport.parkNanos(draw(5_000_000));
                        commit(bytes, this, own);
                    });
                    yield CompletableFuture.failedFuture(failure(ErrorCode.UNKNOWN_OUTCOME));
                }
            };
        }

        @Override
        public CompletableFuture<Long> caughtUp() {
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
                return Optional.of(log.leader).filter(leader -> !leader.isEmpty());
            }
        }

        @Override
        public void nominate(String chosen) {
            lead(name, chosen);
        }

        @Override
        public long birth(long position) {
            return Long.MIN_VALUE | position;
        }

        @Override
        public CompletableFuture<Boolean> checkpoint(Checkpoint checkpoint) {
            throw new AssertionError("rows have no checkpoints");
        }

        @Override
        public CompletableFuture<Boolean> truncateBefore(long position) {
            synchronized (log) {
                boolean isLeader = leads();
                if (isLeader && position > log.start) {
                    log.start = Math.min(position, log.end);
                    log.records.headMap(log.start).clear();
                }
                return CompletableFuture.completedFuture(isLeader);
            }
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
            if (thread != null) {
                try {
                    thread.join();
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
