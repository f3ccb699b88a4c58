package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.FileDraft;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Files that other nodes send in parts, of which some may overtake others. Whoever falls silent loses what was sent.
 *
 * <p>Thread-safe: each file has a lock of its own, in which its parts are written.
 */
final class ArrivingFiles implements AutoCloseable {
    private static final int MOST = 64;
    private static final int MOST_EARLY_PARTS = 16;

    private final ChunkStore store;
    private final Duration patience;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final Map<Long, Arriving> arriving = new HashMap<>();

    ArrivingFiles(ChunkStore store, Duration patience, LongSupplier nanoTime, RandomGenerator random) {
        this.store = store;
        this.patience = patience;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /** @param counted the term in which it began */
    record Arrived(ChunkRef ref, long counted) {}

    private record Part(ByteBuffer bytes, CompletableFuture<ByteBuffer> written) {}

    /** One file. */
    private static final class Arriving {
        private final ChunkRef ref;
        private final long counted;
        private final FileDraft draft;
        private final Map<Long, Part> early = new TreeMap<>();
        private long length;
        private volatile long lastNanos;

        Arriving(ChunkRef ref, long counted, FileDraft draft) {
            this.ref = ref;
            this.counted = counted;
            this.draft = draft;
        }

        synchronized CompletableFuture<ByteBuffer> add(Messages.FilePart part) {
            if (part.offset() < length) {
                throw new VarveException(ErrorCode.BAD_REQUEST, "a part of " + ref.id() + " came twice");
            }
            if (early.size() >= MOST_EARLY_PARTS || part.offset() + part.bytes().remaining() > ref.length()) {
                throw new VarveException(
                        ErrorCode.BAD_REQUEST, "a part of " + ref + " at " + part.offset() + " is out of bounds");
            }
            CompletableFuture<ByteBuffer> written = new CompletableFuture<>();
            early.put(part.offset(), new Part(part.bytes(), written));
            Part next = early.remove(length);
            while (next != null) {
                write(next);
                next = early.remove(length);
            }
            return written;
        }

        private void write(Part part) {
            byte[] bytes = new byte[part.bytes.remaining()];
            part.bytes.duplicate().get(bytes);
            try {
                draft.out().write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            length += bytes.length;
            part.written.complete(Messages.encodeLong(length));
        }

        synchronized void commit() {
            draft.commit(ref);
        }

        synchronized void close() {
            early.values()
                    .forEach(part -> part.written.completeExceptionally(
                            new VarveException(ErrorCode.CANCELLED, "file " + ref.id() + " is not awaited any more")));
            early.clear();
            draft.close();
        }
    }

    /** The number under which the parts have to come. */
    long open(ChunkRef ref, long birth, long counted) {
        closeSilent();
        synchronized (arriving) {
            if (arriving.size() >= MOST) {
                throw new VarveException(ErrorCode.OVERLOADED, arriving.size() + " files are arriving already");
            }
        }
        Arriving file = new Arriving(ref, counted, store.draft(ref.id(), birth));
        file.lastNanos = nanoTime.getAsLong();
        synchronized (arriving) {
            long session = random.nextLong(1, Long.MAX_VALUE);
            while (arriving.putIfAbsent(session, file) != null) {
                session = random.nextLong(1, Long.MAX_VALUE);
            }
            return session;
        }
    }

    private Arriving find(long session) {
        synchronized (arriving) {
            Arriving file = arriving.get(session);
            if (file == null) {
                throw new VarveException(ErrorCode.NOT_FOUND, "no file is arriving as " + session);
            }
            file.lastNanos = nanoTime.getAsLong();
            return file;
        }
    }

    /** Completes when the part is written, which those before it must be. */
    CompletableFuture<ByteBuffer> part(Messages.FilePart part) {
        Arriving file = find(part.session());
        if (Messages.crc(part.bytes()) != part.crc()) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "a part of " + file.ref.id() + " at " + part.offset() + " does not match its checksum");
        }
        return file.add(part);
    }

    /** Makes a file durable that came whole. */
    Arrived commit(long session) {
        Arriving file = find(session);
        try {
            file.commit();
        } finally {
            close(session);
        }
        return new Arrived(file.ref, file.counted);
    }

    void close(long session) {
        Arriving file;
        synchronized (arriving) {
            file = arriving.remove(session);
        }
        if (file != null) {
            file.close();
        }
    }

    /** Throws away what nobody continues. */
    void closeSilent() {
        long now = nanoTime.getAsLong();
        List<Long> silent = new ArrayList<>();
        synchronized (arriving) {
            arriving.forEach((session, file) -> {
                if (now - file.lastNanos > patience.toNanos()) {
                    silent.add(session);
                }
            });
        }
        silent.forEach(this::close);
    }

    @Override
    public void close() {
        List<Long> all;
        synchronized (arriving) {
            all = List.copyOf(arriving.keySet());
        }
        all.forEach(this::close);
    }
}
