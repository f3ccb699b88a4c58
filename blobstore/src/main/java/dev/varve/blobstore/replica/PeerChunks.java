package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Brings chunks to other nodes and gets them from there, and notices how fast that is. Thread-safe. */
final class PeerChunks {
    private static final int PARTS_UNDER_WAY = 4;

    private final Peers peers;
    private final Pace pace;
    private final LongSupplier nanoTime;
    private final long mostBytesToPeer;
    private final ReplicationCounters counters;
    private final Map<String, AtomicLong> underWay = new ConcurrentHashMap<>();

    PeerChunks(Peers peers, Pace pace, LongSupplier nanoTime, long mostBytesToPeer, ReplicationCounters counters) {
        this.peers = peers;
        this.pace = pace;
        this.nanoTime = nanoTime;
        this.mostBytesToPeer = mostBytesToPeer;
        this.counters = counters;
    }

    private CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout) {
        return peers.ask(node, method, request, timeout).whenComplete((answer, failure) -> {
            if (failure != null) {
                if (cause(failure) instanceof VarveException told && told.code() != ErrorCode.UNKNOWN_OUTCOME) {
                    pace.answered(node);
                } else {
                    pace.silent(node);
                }
            }
        });
    }

    /** What a future failed with. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** Brings a chunk; completes with whether the copy counts. Fails at once if too much is under way to the node. */
    CompletableFuture<Boolean> put(String node, ByteBuffer request, Duration timeout) {
        AtomicLong bytes = underWay.computeIfAbsent(node, any -> new AtomicLong());
        int length = request.remaining();
        if (bytes.addAndGet(length) > Math.max(mostBytesToPeer, length)) {
            long now = bytes.addAndGet(-length);
            counters.skippedSends.increment();
            return CompletableFuture.failedFuture(
                    new VarveException(ErrorCode.OVERLOADED, now + " bytes are under way to " + node));
        }
        counters.bytesSent.add(length);
        long start = nanoTime.getAsLong();
        return ask(node, Messages.PUT, request, timeout).handle((answer, failure) -> {
            bytes.addAndGet(-length);
            if (failure != null) {
                throw new CompletionException(cause(failure));
            }
            pace.wrote(node, nanoTime.getAsLong() - start);
            return Messages.flag(answer);
        });
    }

    /** Reads a part of a chunk; of the whole its checksum is verified too. */
    CompletableFuture<ByteBuffer> get(String node, ChunkRef ref, long offset, int count, Duration timeout) {
        long start = nanoTime.getAsLong();
        return ask(node, Messages.GET, new Messages.Get(ref, offset, count).encode(), timeout)
                .thenApply(answer -> {
                    ByteBuffer bytes = Messages.checked(answer, "chunk " + ref.id() + " from " + node);
                    if (bytes.remaining() != count || (count == ref.length() && Messages.crc(bytes) != ref.crc32c())) {
                        throw new VarveException(
                                ErrorCode.CORRUPT,
                                "%s gave %d bytes of chunk %s that are not those wanted: %d from %d on"
                                        .formatted(node, bytes.remaining(), ref.id(), count, offset));
                    }
                    pace.read(node, nanoTime.getAsLong() - start);
                    return bytes;
                });
    }

    /** Where the bytes of a file come from. */
    interface FileSource {
        void read(long offset, ByteBuffer dst);
    }

    /** Brings a whole file, and waits for it; whether the copy counts. */
    boolean sendFile(String node, ChunkRef ref, long birth, FileSource source, Duration timeout) {
        ByteBuffer open = new Messages.FileOpen(ref, birth).encode();
        long session = await(ask(node, Messages.FILE_OPEN, open, timeout)).getLong();
        if (session == 0) {
            return true;
        }
        boolean isDone = false;
        try {
            Deque<CompletableFuture<ByteBuffer>> parts = new ArrayDeque<>();
            for (long at = 0; at < ref.length(); at += Messages.PART_BYTES) {
                if (parts.size() == PARTS_UNDER_WAY) {
                    await(parts.removeFirst());
                }
                int length = (int) Math.min(Messages.PART_BYTES, ref.length() - at);
                parts.add(ask(node, Messages.FILE_PART, part(session, at, length, source), timeout));
                counters.bytesSent.add(length);
            }
            parts.forEach(PeerChunks::await);
            ByteBuffer commit = Messages.encodeLong(session);
            boolean counts = Messages.flag(await(ask(node, Messages.FILE_COMMIT, commit, timeout.multipliedBy(6))));
            isDone = true;
            return counts;
        } finally {
            if (!isDone) {
                var _ = ask(node, Messages.FILE_CLOSE, Messages.encodeLong(session), timeout);
            }
        }
    }

    private static ByteBuffer part(long session, long offset, int length, FileSource source) {
        ByteBuffer part = ByteBuffer.allocate(Messages.FilePart.HEADER_BYTES + length);
        ByteBuffer bytes = part.slice(Messages.FilePart.HEADER_BYTES, length);
        source.read(offset, bytes);
        part.putLong(session).putLong(offset).putInt(Messages.crc(bytes.flip()));
        return part.rewind();
    }

    /** Waits, and throws what went wrong as it was told. */
    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            Throwable cause = cause(e);
            throw cause instanceof VarveException told ? told : e;
        }
    }

    /** Asks for chunks to be deleted; nobody waits for it. */
    void delete(String node, List<ChunkId> ids, Duration timeout) {
        for (int from = 0; from < ids.size(); from += Messages.MOST_IDS) {
            List<ChunkId> some = ids.subList(from, Math.min(ids.size(), from + Messages.MOST_IDS));
            var _ = ask(node, Messages.DELETE, Messages.encodeIds(some), timeout);
        }
    }
}
