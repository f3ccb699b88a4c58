package dev.varve.blobstore.chunk;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Takes chunks under ids that were given to the store, each of them once. Thread-safe.
 *
 * <p>A chunk that is here already and readable is not written again; one that is damaged or whose bytes are missing is
 * replaced. Each id is claimed while it is looked at and written, so that two who bring the same chunk, or one who
 * deletes its file, do not meet.
 */
final class Arrivals {
    private final SegmentTable table;
    private final ChunkFiles files;
    private final ChunkReader reader;
    private final Damages damages;
    private final Stamps stamps;
    private final Executor io;
    private final Consumer<Lane.Task> lane;
    private final Map<ChunkId, CompletableFuture<Boolean>> claims = new ConcurrentHashMap<>();

    /** A deletion failed, and may take effect when the store is opened again: from now on all that comes is written. */
    private volatile boolean isDoubtful;

    Arrivals(
            SegmentTable table,
            ChunkFiles files,
            ChunkReader reader,
            Damages damages,
            Stamps stamps,
            Executor io,
            Consumer<Lane.Task> lane) {
        this.table = table;
        this.files = files;
        this.reader = reader;
        this.damages = damages;
        this.stamps = stamps;
        this.io = io;
        this.lane = lane;
    }

    /** Packs a chunk into a segment, unless it is here. */
    CompletableFuture<ChunkRef> put(ChunkId id, ByteBuffer payload, Blocks blocks, long gcBirth) {
        CompletableFuture<Boolean> claim = new CompletableFuture<>();
        CompletableFuture<Boolean> other = claims.putIfAbsent(id, claim);
        if (other != null) {
            return other.thenComposeAsync(over -> put(id, payload, blocks, gcBirth), io);
        }
        CompletableFuture<ChunkRef> done = new CompletableFuture<>();
        CompletableFuture<ChunkRef> written = new CompletableFuture<>();
        var _ = written.whenComplete((ref, failure) -> {
            release(id, claim);
            if (failure != null) {
                done.completeExceptionally(failure);
            } else {
                done.complete(ref);
            }
        });
        try {
            begin(new ChunkRef(id, payload.remaining(), blocks.crc()), payload, blocks, gcBirth, written);
        } catch (RuntimeException e) {
            written.completeExceptionally(e);
        }
        return done;
    }

    private void begin(
            ChunkRef ref, ByteBuffer payload, Blocks blocks, long gcBirth, CompletableFuture<ChunkRef> written) {
        ChunkRow row = table.find(ref.id());
        if (row == null) {
            lane.accept(new Lane.Task.Put(payload, blocks, gcBirth, ref.id(), stamps.now(), written));
            return;
        }
        checkSame(ref, false, row);
        io.execute(() -> {
            try {
                if (!isDoubtful && isReadable(ref)) {
                    written.complete(ref);
                    return;
                }
                CompletableFuture<ChunkRef> replaced = new CompletableFuture<>();
                lane.accept(new Lane.Task.Put(payload, blocks, gcBirth, ref.id(), stamps.next(), replaced));
                var _ = replaced.whenComplete((same, failure) -> {
                    if (failure != null) {
                        written.completeExceptionally(failure);
                    } else {
                        damages.forget(ref.id());
                        written.complete(same);
                    }
                });
            } catch (RuntimeException | Error e) {
                written.completeExceptionally(e);
            }
        });
    }

    private static void checkSame(ChunkRef ref, boolean isFile, ChunkRow row) {
        if (row.length() != ref.length() || row.crc() != ref.crc32c() || row.isFile() != isFile) {
            throw new VarveException(
                            ErrorCode.CORRUPT,
                            "chunk %s is here with %d bytes and checksum %08x%s; another with %d bytes and %08x%s came"
                                    .formatted(
                                            ref.id(),
                                            row.length(),
                                            row.crc(),
                                            row.isFile() ? " as a file" : "",
                                            ref.length(),
                                            ref.crc32c(),
                                            isFile ? " as a file" : ""))
                    .withHint("what is here was kept");
        }
    }

    private boolean isReadable(ChunkRef ref) {
        try {
            reader.read(ref, 0, ByteBuffer.allocateDirect(Math.toIntExact(ref.length())));
            return true;
        } catch (VarveException e) {
            return false;
        }
    }

    /** Whether a file is here and right; touches files. */
    boolean hasFile(ChunkRef ref) throws IOException {
        ChunkRow row = table.find(ref.id());
        if (row == null) {
            return false;
        }
        checkSame(ref, true, row);
        files.forgetSidecar(ref.id());
        return !isDoubtful && files.verify(ref.id(), row, 0, row.length()) == null;
    }

    /** Enters a file that has its name now. */
    CompletableFuture<Boolean> remember(ChunkRef ref, long gcBirth) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        if (table.find(ref.id()) == null) {
            lane.accept(new Lane.Task.Remember(ref, gcBirth, stamps.now(), done));
            return done;
        }
        // The entry was there, and right, only the file was not.
        reader.forget(files.path(ref.id()));
        files.forgetSidecar(ref.id());
        damages.forget(ref.id());
        if (isDoubtful) {
            lane.accept(new Lane.Task.Remember(ref, gcBirth, stamps.next(), done));
        } else {
            done.complete(true);
        }
        return done;
    }

    /** Writes a chunk that is here once more, and waits for it; false if it cannot be read or is gone. */
    boolean rewrite(StoredChunk chunk) {
        ChunkRef ref = chunk.ref();
        CompletableFuture<Boolean> claim = claim(ref.id());
        try {
            ChunkRow row = table.find(ref.id());
            if (row == null || !StoredChunk.of(ref.id(), row).equals(chunk)) {
                return false;
            }
            if (chunk.isFile()) {
                CompletableFuture<Boolean> done = new CompletableFuture<>();
                lane.accept(new Lane.Task.Remember(ref, chunk.birth(), stamps.next(), done));
                return Waiting.get(done);
            }
            ByteBuffer payload = ByteBuffer.allocateDirect(Math.toIntExact(ref.length()));
            try {
                reader.read(ref, 0, payload);
            } catch (VarveException e) {
                // Reported by the reader; it has to come from elsewhere.
                return false;
            }
            CompletableFuture<ChunkRef> done = new CompletableFuture<>();
            lane.accept(new Lane.Task.Put(
                    payload.flip(), Blocks.of(payload), chunk.birth(), ref.id(), stamps.next(), done));
            Waiting.get(done);
            return true;
        } finally {
            release(ref.id(), claim);
        }
    }

    /** A deletion was begun, and nobody knows what became of it. */
    void doubt() {
        isDoubtful = true;
    }

    /** Removes the files of chunks whose deletion is recorded, but for those that have come again. */
    void deleteFiles(Collection<ChunkId> ids) throws IOException {
        // In order, so that two who do this do not wait for each other.
        Map<ChunkId, CompletableFuture<Boolean>> mine = new TreeMap<>();
        try {
            for (ChunkId id : new TreeSet<>(ids)) {
                mine.put(id, claim(id));
            }
            List<ChunkId> gone =
                    ids.stream().filter(id -> table.find(id) == null).toList();
            gone.forEach(id -> reader.forget(files.path(id)));
            files.delete(gone);
        } finally {
            mine.forEach(this::release);
        }
    }

    /** Waits until nobody else has to do with the id. */
    CompletableFuture<Boolean> claim(ChunkId id) {
        CompletableFuture<Boolean> mine = new CompletableFuture<>();
        CompletableFuture<Boolean> other = claims.putIfAbsent(id, mine);
        while (other != null) {
            Waiting.get(other);
            other = claims.putIfAbsent(id, mine);
        }
        return mine;
    }

    void release(ChunkId id, CompletableFuture<Boolean> claim) {
        claims.remove(id, claim);
        claim.complete(true);
    }
}
