package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Immutable chunks on the nodes of a cluster: written to the members of a placement group and read from whoever has them
 * right.
 *
 * <p>Thread-safe. Writes are decided on the loop, which never waits; threads of its own touch files and bytes. Reads of
 * what is not here, drafts and files wait on the caller's thread, which must not be the loop's.
 */
public final class ReplicatedChunks implements Chunks, AutoCloseable {
    private static final Duration SILENT_FILES = Duration.ofMinutes(1);
    private static final int FETCHES = 4;
    private static final int URGENT_BYTES = 1 << 16;

    /** More is written at once while a write takes less than this part of the time after which it would be given up. */
    private static final int GOOD_SHARE = 4;

    private final String self;
    private final @Nullable ChunkStore store;
    private final Supplier<ClusterView> view;
    private final ReplicationSettings settings;
    private final EventLoop loop;
    private final Underreplicated lacking;
    private final Random random = new SecureRandom();
    private final ReplicationCounters counters = new ReplicationCounters();
    private final PeerChunks peers;
    private final GroupChoice groups;
    private final RemoteReads remote;
    private final FileCache cache;
    private final @Nullable ArrivingFiles arriving;
    private final ChunkWrite.Context context;
    private final Executor io = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("chunk copies ", 0).factory());

    private final WriteWindow<Write> window;
    private volatile boolean isClosed;

    /** Begun or waiting. */
    private final Map<Long, Write> writes = new ConcurrentHashMap<>();

    private final AtomicLong numbers = new AtomicLong();

    private record Write(long number, ByteBuffer payload, long birth, CompletableFuture<ChunkRef> done) {}

    /**
     * Begins to serve other nodes.
     *
     * @param store the chunks of this node, which stays the caller's; null if it holds none
     * @param admission what this node may do with them
     * @param view a hint
     * @param cacheFolder of this alone, on any disk; emptied
     * @param lacking hears of copies to be mended
     */
    public ReplicatedChunks(
            @Nullable ChunkStore store,
            Admission admission,
            Peers peers,
            Supplier<ClusterView> view,
            ReplicationSettings settings,
            EventLoop loop,
            Path cacheFolder,
            Underreplicated lacking) {
        this.self = peers.self();
        this.store = store;
        this.view = view;
        this.settings = settings;
        this.loop = loop;
        this.lacking = lacking;
        window = new WriteWindow<>(settings.bytesWriting(), settings.giveUp().dividedBy(GOOD_SHARE), loop::nanoTime);
        Pace pace = new Pace();
        this.peers = new PeerChunks(peers, pace, loop::nanoTime, settings.bytesToPeer(), counters);
        groups = new GroupChoice(self, view, pace, admission, settings, random);
        remote = new RemoteReads(self, view, this.peers, pace, lacking, settings.readTimeout(), counters);
        cache = new FileCache(cacheFolder, settings.cacheBytes(), settings.cacheGrace(), loop::nanoTime, counters);
        ChunkServer server = null;
        if (store != null) {
            arriving = new ArrivingFiles(store, SILENT_FILES, loop::nanoTime, random);
            server = new ChunkServer(self, store, admission, arriving, io, counters);
        } else {
            arriving = null;
        }
        context = new ChunkWrite.Context(
                self,
                loop,
                view,
                groups,
                this::newId,
                pace,
                this.peers,
                server,
                admission,
                settings,
                counters,
                lacking);
        if (server != null) {
            server.serve(peers);
            loop.execute(this::closeSilentFiles);
        }
    }

    private void closeSilentFiles() {
        ArrivingFiles files = arriving;
        if (files != null && !isClosed) {
            io.execute(files::closeSilent);
            loop.after(SILENT_FILES, this::closeSilentFiles);
        }
    }

    private ChunkId newId(int group) {
        if (store != null) {
            return store.newId(group);
        }
        ClusterMember member = view.get().members().get(self);
        return ChunkId.random(group, member == null ? 0 : member.number(), random);
    }

    @Override
    public CompletableFuture<ChunkRef> append(ByteBuffer payload, long birth) {
        int length = payload.remaining();
        if (length > ChunkStore.MAX_CHUNK_BYTES) {
            throw new IllegalArgumentException(
                    "a chunk of " + length + " bytes; at most " + ChunkStore.MAX_CHUNK_BYTES);
        }
        if (isClosed) {
            throw closed();
        }
        Write write =
                new Write(numbers.incrementAndGet(), payload.asReadOnlyBuffer(), birth, new CompletableFuture<>());
        writes.put(write.number, write);
        // Those of logs, and what is small, others wait for.
        if (window.begin(write, length, birth < 0 || length <= URGENT_BYTES)) {
            begin(write);
        }
        return write.done;
    }

    private VarveException closed() {
        return new VarveException(ErrorCode.NOT_READY, self + " writes no chunks any more");
    }

    private void begin(Write write) {
        long start = loop.nanoTime();
        int length = write.payload.remaining();
        CompletableFuture<ChunkRef> written = CompletableFuture.supplyAsync(() -> Messages.crc(write.payload), io)
                .thenApply(crc -> new PackedWrite(context, write.payload, crc, write.birth, io))
                .thenCompose(this::replicate);
        // Whoever continues from here must not hold up the loop.
        var _ = written.whenCompleteAsync(
                (ref, failure) -> {
                    window.end(length, loop.nanoTime() - start).forEach(this::begin);
                    writes.remove(write.number);
                    counters.writes.increment();
                    if (failure != null) {
                        counters.failedWrites.increment();
                        write.done.completeExceptionally(told(failure));
                    } else {
                        write.done.complete(ref);
                    }
                },
                io);
    }

    /** Completes when the chunk is written or not, and nobody looks at its bytes any more. */
    private CompletableFuture<ChunkRef> replicate(PackedWrite copies) {
        CompletableFuture<ChunkRef> written = new CompletableFuture<>();
        var _ = run(copies).whenComplete((attempt, failure) -> {
            var _ = copies.settled().whenComplete((nothing, unread) -> {
                if (failure != null) {
                    written.completeExceptionally(failure);
                } else {
                    written.complete(copies.ref(attempt));
                }
            });
        });
        return written;
    }

    private static VarveException told(Throwable failure) {
        Throwable cause = PeerChunks.cause(failure);
        return cause instanceof VarveException told
                ? told
                : new VarveException(ErrorCode.STORAGE, "the chunk was not written: " + cause, cause);
    }

    private CompletableFuture<QuorumWrite.Attempt> run(ChunkWrite copies) {
        CompletableFuture<QuorumWrite.Attempt> done = new CompletableFuture<>();
        loop.execute(() -> {
            var _ = QuorumWrite.run(loop, settings, copies).whenComplete((attempt, failure) -> {
                if (failure != null) {
                    done.completeExceptionally(PeerChunks.cause(failure));
                } else {
                    done.complete(attempt);
                }
            });
        });
        return done;
    }

    @Override
    public Draft draft(long birth) {
        ChunkStore own = store;
        Integer group = groups.next(Set.of(), 0).filter(groups::isOwn).orElse(null);
        return new ReplicatedDraft(
                own != null && group != null ? own.draft(own.newId(group), birth) : null,
                cache.scratch(),
                new Publishing(birth));
    }

    /** Brings a written file to the other nodes. */
    private final class Publishing implements ReplicatedDraft.Publish {
        private final long birth;

        Publishing(long birth) {
            this.birth = birth;
        }

        @Override
        public ChunkRef publish(ChunkRef written, boolean isKept, PeerChunks.FileSource bytes) {
            FileWrite copies = new FileWrite(context, written, isKept, birth, bytes, store, io);
            counters.writes.increment();
            try {
                ChunkRef ref = copies.ref(PeerChunks.await(run(copies)));
                if (isKept && !ref.id().equals(written.id())) {
                    delete(List.of(written.id()));
                }
                return ref;
            } catch (VarveException e) {
                counters.failedWrites.increment();
                if (isKept) {
                    delete(List.of(written.id()));
                }
                throw e;
            }
        }

        @Override
        public PeerChunks.FileSource kept(ChunkRef written) {
            return (offset, dst) -> ReplicatedChunks.this.read(written, offset, dst);
        }
    }

    @Override
    public void read(ChunkRef ref, long offset, ByteBuffer dst) {
        if (offset < 0 || offset + dst.remaining() > ref.length()) {
            throw new IllegalArgumentException("bytes " + offset + " to " + (offset + dst.remaining()) + " of chunk "
                    + ref.id() + ", which has " + ref.length());
        }
        ChunkStore own = store;
        boolean isHere = own != null && own.find(ref.id()).isPresent();
        if (own != null && isHere) {
            try {
                own.read(ref, offset, dst);
                counters.localReads.increment();
                return;
            } catch (VarveException e) {
                checkUnreadable(e);
            }
        }
        int start = dst.position();
        long at = offset;
        try {
            while (dst.hasRemaining()) {
                int count = Math.min(dst.remaining(), ChunkStore.MAX_CHUNK_BYTES);
                dst.put(remote.read(ref, at, count));
                at += count;
            }
        } catch (RuntimeException e) {
            dst.position(start);
            throw e;
        }
        reportOwn(ref, isHere);
    }

    /** Throws what another node would not help with. */
    private static void checkUnreadable(VarveException e) {
        if (e.code() != ErrorCode.CORRUPT && e.code() != ErrorCode.STORAGE) {
            throw e;
        }
    }

    /** Another node has what this one should have. */
    private void reportOwn(ChunkRef ref, boolean isHere) {
        if (isHere || view.get().holders(ref.id().group()).contains(self)) {
            counters.badReplicas.increment();
            counters.lacking.increment();
            lacking.lacks(self, ref);
        }
    }

    @Override
    public Path file(ChunkRef ref) {
        ChunkStore own = store;
        boolean isHere = own != null && own.find(ref.id()).isPresent();
        if (own != null && isHere) {
            try {
                Path path = own.file(ref);
                counters.localReads.increment();
                return path;
            } catch (VarveException e) {
                checkUnreadable(e);
            }
        }
        return cache.get(ref, draft -> {
            fetch(ref, draft);
            reportOwn(ref, isHere);
        });
    }

    private void fetch(ChunkRef ref, Path target) throws IOException {
        CRC32C crc = new CRC32C();
        Deque<CompletableFuture<ByteBuffer>> parts = new ArrayDeque<>();
        try (OutputStream out = Files.newOutputStream(target)) {
            long asked = 0;
            while (asked < ref.length() || !parts.isEmpty()) {
                while (asked < ref.length() && parts.size() < FETCHES) {
                    long from = asked;
                    int count = (int) Math.min(Messages.PART_BYTES, ref.length() - from);
                    parts.add(CompletableFuture.supplyAsync(() -> remote.read(ref, from, count), io));
                    asked += count;
                }
                byte[] bytes = new byte[Messages.PART_BYTES];
                ByteBuffer part = PeerChunks.await(parts.removeFirst());
                int length = part.remaining();
                part.get(bytes, 0, length);
                crc.update(bytes, 0, length);
                out.write(bytes, 0, length);
            }
        }
        if ((int) crc.getValue() != ref.crc32c()) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "the parts of chunk " + ref.id() + " do not make the whole: its checksum is "
                            + Integer.toHexString((int) crc.getValue()) + ", not "
                            + Integer.toHexString(ref.crc32c()));
        }
    }

    /** Here at once, elsewhere as far as others can be reached; what stays is collected as garbage. */
    @Override
    public int delete(Collection<ChunkId> chunks) {
        ClusterView now = view.get();
        Map<String, List<ChunkId>> byNode = new TreeMap<>();
        for (ChunkId id : chunks) {
            if (id.group() < now.groups().size()) {
                for (String node : now.groups().get(id.group()).keySet()) {
                    byNode.computeIfAbsent(node, any -> new ArrayList<>()).add(id);
                }
            }
        }
        byNode.forEach((node, ids) -> {
            if (!node.equals(self) && now.isLive(node)) {
                peers.delete(node, ids, settings.readTimeout());
            }
        });
        return store != null ? store.delete(chunks) : chunks.size();
    }

    @Override
    public long usableBytes() {
        return store != null ? store.usableBytes() : Long.MAX_VALUE;
    }

    public ReplicationStatus status() {
        return counters.status(window.bytes(), cache.bytes());
    }

    /** Gives up what is being written; the store stays open. */
    @Override
    public void close() {
        isClosed = true;
        window.clear();
        writes.values().forEach(write -> write.done.completeExceptionally(closed()));
        if (arriving != null) {
            arriving.close();
        }
    }
}
