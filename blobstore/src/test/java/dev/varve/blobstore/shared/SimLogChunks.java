package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.AsyncFiles;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Chunks on several nodes of the simulation: written aside, forced, renamed, the name forced; only then a node says that
 * it has one, and two are enough.
 */
final class SimLogChunks implements LogChunks {
    private static final String STORE = "chunk/store";
    private static final String READ = "chunk/read";
    private static final String FOLDER = "chunks";
    private static final Duration ASK_TIMEOUT = Duration.ofMillis(400);
    private static final Duration AGAIN = Duration.ofMillis(60);
    private static final Duration STRAGGLER = Duration.ofMillis(20);
    private static final Duration GIVE_UP = Duration.ofSeconds(2);

    private final EventLoop loop;
    private final AsyncFiles files;
    private final Peers peers;
    private final List<String> stores;
    private final long process;
    private final Rule rule;
    /** Files of this node with the births of their chunks. */
    private final Map<String, Long> stored = new TreeMap<>();

    private int drafts;
    private long chunks;

    /** @param process unlike that of any other */
    SimLogChunks(EventLoop loop, AsyncFiles files, Peers peers, List<String> stores, long process, Rule rule) {
        this.loop = loop;
        this.files = files;
        this.peers = peers;
        this.stores = stores;
        this.process = process;
        this.rule = rule;
        peers.serve(STORE, (from, request) -> store(request));
        peers.serve(
                READ,
                (from, request) -> files.read(fileOf(idOf(request))).exceptionallyCompose(failure -> {
                    isFine(failure);
                    return CompletableFuture.failedFuture(new VarveException(ErrorCode.STORAGE, failure.toString()));
                }));
    }

    static String fileOf(ChunkId id) {
        return FOLDER + "/" + id;
    }

    private static ChunkId idOf(ByteBuffer from) {
        return new ChunkId(from.getLong(), from.getLong());
    }

    /** One write under way. */
    private final class Write {
        final ChunkRef ref;
        final ByteBuffer request;
        final long until = loop.nanoTime() + GIVE_UP.toNanos();
        final CompletableFuture<ChunkRef> written = new CompletableFuture<>();
        final Set<String> copies = new HashSet<>();

        Write(ChunkRef ref, ByteBuffer payload, long birth) {
            this.ref = ref;
            request = ByteBuffer.allocate(3 * Long.BYTES + payload.remaining())
                    .putLong(ref.id().high())
                    .putLong(ref.id().low())
                    .putLong(birth)
                    .put(payload.duplicate())
                    .flip();
        }

        @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
        void send(String store) {
            if (written.isDone() || loop.nanoTime() > until) {
                written.completeExceptionally(new VarveException(ErrorCode.NOT_READY, "too few copies"));
                return;
            }
            peers.ask(store, STORE, request, ASK_TIMEOUT)
                    .whenComplete((answer, failure) -> loop.execute(() -> {
                        if (failure == null) {
                            stored(store);
                        } else {
                            loop.after(AGAIN, () -> send(store));
                        }
                    }));
        }

        private void stored(String store) {
            copies.add(store);
            if (copies.size() == stores.size()) {
                written.complete(ref);
            } else if (copies.size() == (rule == Rule.ONE_COPY ? 1 : 2)) {
                loop.after(STRAGGLER, () -> written.complete(ref));
            }
        }
    }

    @Override
    public CompletableFuture<ChunkRef> write(ByteBuffer payload, long birth) {
        ChunkRef ref = new ChunkRef(new ChunkId(process, chunks++), payload.remaining(), Follow.checksum(payload));
        Write write = new Write(ref, payload, birth);
        stores.forEach(write::send);
        return write.written;
    }

    @Override
    public CompletableFuture<ByteBuffer> read(ChunkRef ref) {
        CompletableFuture<ByteBuffer> content = new CompletableFuture<>();
        long until = loop.nanoTime() + GIVE_UP.toNanos();
        stores.forEach(store -> read(ref, store, until, content));
        return content;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // both ends are handled
    private void read(ChunkRef ref, String store, long until, CompletableFuture<ByteBuffer> content) {
        if (content.isDone() || loop.nanoTime() > until) {
            content.completeExceptionally(new VarveException(ErrorCode.NOT_READY, "chunk " + ref.id() + " not found"));
            return;
        }
        ByteBuffer request = ByteBuffer.allocate(ChunkId.BYTES)
                .putLong(ref.id().high())
                .putLong(ref.id().low())
                .flip();
        peers.ask(store, READ, request, ASK_TIMEOUT)
                .whenComplete((bytes, failure) -> loop.execute(() -> {
                    if (failure == null && (rule == Rule.UNVERIFIED || isIntact(ref, bytes))) {
                        content.complete(bytes);
                    } else {
                        loop.after(AGAIN, () -> read(ref, store, until, content));
                    }
                }));
    }

    static boolean isIntact(ChunkRef ref, ByteBuffer bytes) {
        return bytes.remaining() == ref.length() && Follow.checksum(bytes) == ref.crc32c();
    }

    private CompletableFuture<ByteBuffer> store(ByteBuffer request) {
        String file = fileOf(idOf(request));
        long birth = request.getLong();
        if (stored.containsKey(file)) {
            return CompletableFuture.completedFuture(ByteBuffer.allocate(0));
        }
        String draft = FOLDER + "/draft" + drafts++;
        // A draft of this number may be left from before a restart.
        CompletableFuture<Void> written = files.delete(draft).thenCompose(nothing -> files.append(draft, request));
        if (rule != Rule.NO_FSYNC) {
            written = written.thenCompose(nothing -> files.force(draft));
        }
        written = written.thenCompose(nothing -> files.move(draft, file));
        if (rule != Rule.NO_FSYNC && rule != Rule.NO_NAME_SYNC) {
            written = written.thenCompose(nothing -> files.forceNames(FOLDER));
        }
        return written.handle((nothing, failure) -> {
            if (!isFine(failure)) {
                throw new VarveException(ErrorCode.STORAGE, String.valueOf(failure));
            }
            stored.put(file, birth);
            return ByteBuffer.allocate(0);
        });
    }

    private static boolean isFine(@Nullable Throwable failure) {
        if (failure != null && !(failure instanceof IOException) && !(failure.getCause() instanceof IOException)) {
            throw new IllegalStateException(failure);
        }
        return failure == null;
    }

    /** Deletes what belongs to positions below the start of the log. */
    void collect(long start) {
        List<String> garbage = stored.entrySet().stream()
                .filter(entry -> Birth.position(entry.getValue()) < start)
                .map(Map.Entry::getKey)
                .toList();
        garbage.forEach(file -> {
            stored.remove(file);
            loop.then(files.delete(file).handle((nothing, failure) -> isFine(failure)), isDeleted -> {});
        });
    }
}
