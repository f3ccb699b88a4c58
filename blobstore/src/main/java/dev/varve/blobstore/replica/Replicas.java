package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.blobstore.chunk.StoredChunk;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas of this node: what it durably knows of them, how they come to be whole, are compared and mended, and leave.
 *
 * <p>Thread-safe. What it knows lies beside the chunks and belongs to their disk; of an emptied disk it knows nothing, so
 * everything bootstraps. Decisions are made on the loop, and disks and other nodes are waited for elsewhere.
 */
public final class Replicas implements Admission, Underreplicated, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replicas.class);

    private final String self;
    private final EventLoop loop;
    private final ChunkStore store;
    private final ReplicaBook book;
    private final ReplicaLife life;
    private final ReplicaCounters counters = new ReplicaCounters();
    private final AskedPeers asked;
    private final Garbage garbage;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("replicas ", 0).factory());
    private final ExecutorService marking = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("replica marks").daemon().factory());

    /**
     * Reads what is known, answers other nodes from now on, and begins to compare.
     *
     * @param directory of the store's chunks
     * @param loop that nobody else's task stalls; closed by the caller, after this
     * @param view a hint, asked often
     */
    public static Replicas open(
            Path directory,
            ChunkStore store,
            Peers peers,
            EventLoop loop,
            Supplier<ClusterView> view,
            GroupBirths births,
            ReplicaSettings settings,
            ReplicaAlarms alarms) {
        return new Replicas(new MarkFiles(Disk.REAL, directory), store, peers, loop, view, births, settings, alarms);
    }

    /** What a disk, which nobody uses now, is durably a replica of. */
    public static SortedMap<Integer, ReplicaState> marks(Path directory, DiskIdentity disk) {
        SortedMap<Integer, ReplicaState> states = new TreeMap<>();
        ReplicaBook.read(new MarkFiles(Disk.REAL, directory).read(), disk, EnumSet.allOf(Safeguard.class))
                .marks()
                .forEach((group, mark) -> states.put(group, mark.state()));
        return states;
    }

    Replicas(
            MarkFiles files,
            ChunkStore store,
            Peers peers,
            EventLoop loop,
            Supplier<ClusterView> view,
            GroupBirths births,
            ReplicaSettings settings,
            ReplicaAlarms alarms) {
        self = peers.self();
        this.loop = loop;
        this.store = store;
        garbage = new Garbage(store);
        Set<Safeguard> safeguards = EnumSet.allOf(Safeguard.class);
        List<ByteBuffer> copies = files.read();
        MarkCodec.Found.Marks marks = ReplicaBook.read(copies, store.identity(), safeguards);
        if (!copies.isEmpty() && marks.sequence() == 0) {
            LOG.warn("what was known of replicas is damaged or of another disk; all are made again node={}", self);
        }
        OnLoop onLoop = new OnLoop(loop, threads);
        OnLoop onMark = new OnLoop(loop, marking);
        book = new ReplicaBook(
                loop,
                store.identity(),
                marks,
                bytes -> onMark.after(() -> {
                    files.write(bytes);
                    return ReplicaBook.nothing();
                }),
                safeguards);
        StoredReplicas disk = new StoredReplicas(store, peers, onLoop);
        asked = new AskedPeers(peers, onLoop);
        ReplicaContext context = new ReplicaContext(
                loop,
                self,
                view,
                book,
                disk,
                asked,
                new CopyLimit(loop, settings.bytesPerSecond(), settings.copies()),
                settings,
                safeguards,
                new SecureRandom(),
                counters,
                alarms);
        life = new ReplicaLife(context, (group, claim) -> onLoop.after(births.first(group, claim)));
        serve(peers, disk);
        loop.execute(life::start);
    }

    private void serve(Peers peers, StoredReplicas disk) {
        serve(
                peers,
                ReplicaMessages.STANDING,
                ByteBuffer::getInt,
                group -> CompletableFuture.completedFuture(ReplicaMessages.encode(life.standing(group))));
        serve(
                peers,
                ReplicaMessages.DIGEST,
                ByteBuffer::getInt,
                group -> life.digest(group).thenApply(ReplicaMessages::encode));
        serve(
                peers,
                ReplicaMessages.LIST,
                ReplicaMessages::listing,
                listing -> life.list(listing.group(), listing.buckets(), listing.after(), listing.most())
                        .thenApply(ReplicaMessages::encode));
        serve(
                peers,
                ReplicaMessages.SEE,
                ReplicaMessages::show,
                show -> life.see(show.group(), show.chunks(), show.source()).thenApply(ReplicaMessages::encode));
        serve(peers, ReplicaMessages.COMPARE, ByteBuffer::getInt, group -> {
            life.reconcileSoon(group);
            life.healAll();
            return CompletableFuture.completedFuture(ByteBuffer.allocate(0));
        });
        peers.serve(
                ReplicaMessages.READ,
                (from, request) -> CompletableFuture.supplyAsync(
                        () -> disk.read(ReplicaMessages.decode(ReplicaMessages.READ, request, ReplicaMessages::read)),
                        threads));
    }

    /** Answers on the loop. */
    private <T> void serve(
            Peers peers,
            String method,
            Function<ByteBuffer, T> decoder,
            Function<T, CompletableFuture<ByteBuffer>> answering) {
        peers.serve(
                method,
                (from, request) -> onLoop(() -> answering.apply(ReplicaMessages.decode(method, request, decoder))));
    }

    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                var _ = work.get().whenComplete((value, failure) -> {
                    if (failure == null) {
                        done.complete(value);
                    } else {
                        done.completeExceptionally(OnLoop.cause(failure));
                    }
                });
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    @Override
    public boolean accepts(int group) {
        return ReplicaBook.accepts(book.held(group));
    }

    @Override
    public boolean counts(int group) {
        return book.held(group).state() == ReplicaState.MEMBER;
    }

    @Override
    public long term(int group) {
        ReplicaBook.Held held = book.held(group);
        return held.state() == ReplicaState.MEMBER ? held.term() : 0;
    }

    @Override
    public boolean counts(int group, long since) {
        return book.counts(group, since);
    }

    /** What a replica is, durably. */
    public ReplicaState state(int group) {
        return book.held(group).state();
    }

    /**
     * Makes a replica what is asked, and returns when it is; whoever asks may be mistaken about what it is now. A replica
     * that becomes a member has all that other members have, and one that goes OFFLINE was seen on two of them. A later
     * change of the same group ends this one.
     *
     * @throws VarveException if the replica stays what it was; to be asked again
     */
    public void change(int group, ReplicaState from, ReplicaState to) throws InterruptedException {
        LOG.info("replica is asked to change group={} state={} from={} to={}", group, state(group), from, to);
        try {
            onLoop(() -> life.change(group, to)).get();
        } catch (ExecutionException e) {
            Throwable cause = OnLoop.cause(e);
            throw cause instanceof VarveException told
                    ? told
                    : new VarveException(
                            ErrorCode.STORAGE, "group " + group + " could not become " + to + ": " + cause, cause);
        }
        LOG.info("replica changed group={} state={}", group, state(group));
    }

    /** Tells a node that it lacks a chunk, so that it fetches it from here or from whoever has it; returns at once. */
    @Override
    public void lacks(String node, ChunkRef chunk) {
        Optional<StoredChunk> own = store.find(chunk.id());
        int group = chunk.id().group();
        if (node.equals(self)) {
            loop.execute(() -> {
                life.reconcileSoon(group);
                life.healAll();
            });
        } else if (own.isPresent() && own.get().ref().equals(chunk)) {
            StoredChunk found = own.get();
            ChunkFact fact = new ChunkFact(chunk.id(), chunk.length(), chunk.crc32c(), found.birth(), found.isFile());
            loop.execute(() -> {
                var _ = asked.see(node, group, List.of(fact), self);
            });
        } else {
            loop.execute(() -> {
                var _ = asked.compare(node, group);
            });
        }
    }

    /** Compares all groups with other members and heals damage soon, as after an absence. */
    public void reconcileSoon() {
        loop.execute(() -> {
            book.groups(ReplicaState.MEMBER).forEach(life::reconcileSoon);
            life.healAll();
        });
    }

    /** Deletes what is garbage on this node; returns how many chunks. Fails, and deletes nothing, if that is not known. */
    public synchronized int collectGarbage(GarbageFacts facts) {
        int count = garbage.collect(facts);
        counters.collected.add(count);
        if (count > 0) {
            LOG.info("collected garbage chunks={} node={}", count, self);
        }
        return count;
    }

    /** How the replicas are. */
    public ReplicaStatus status() {
        try {
            return CompletableFuture.supplyAsync(this::statusNow, loop).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException own ? own : e;
        }
    }

    private ReplicaStatus statusNow() {
        SortedMap<Integer, ReplicaStatus.Group> groups = new TreeMap<>();
        long missing = 0;
        for (int group : book.groups()) {
            groups.put(group, new ReplicaStatus.Group(book.state(group), life.goal(group), life.missing(group)));
            missing += life.missing(group);
        }
        return new ReplicaStatus(
                groups,
                missing,
                counters.copiedChunks.sum(),
                counters.copiedBytes.sum(),
                counters.failedCopies.sum(),
                counters.divergences.sum(),
                counters.healed.sum(),
                counters.unhealed.sum(),
                counters.collected.sum());
    }

    /** Ends what is under way; changes that were asked for fail. */
    @Override
    public void close() {
        loop.execute(life::close);
        threads.shutdownNow();
        marking.shutdown();
    }
}
