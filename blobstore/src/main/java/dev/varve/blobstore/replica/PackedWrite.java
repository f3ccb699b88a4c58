package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Copies of a chunk that is packed into segments. Its bytes are copied once, for the slowest node may need them long. */
final class PackedWrite extends ChunkWrite {
    private final ByteBuffer payload;
    private final int crc;
    private final long birth;
    private final Executor io;
    private final Map<ChunkId, CompletableFuture<ByteBuffer>> encoded = new HashMap<>();

    /** @param payload must not change until {@link #settled} */
    PackedWrite(Context context, ByteBuffer payload, int crc, long birth, Executor io) {
        super(context, payload.remaining());
        this.payload = payload;
        this.crc = crc;
        this.birth = birth;
        this.io = io;
    }

    @Override
    ChunkRef ref(QuorumWrite.Attempt attempt) {
        return new ChunkRef(attempt.id(), payload.remaining(), crc);
    }

    private CompletableFuture<ByteBuffer> encoded(QuorumWrite.Attempt attempt) {
        return encoded.computeIfAbsent(
                attempt.id(),
                id -> CompletableFuture.supplyAsync(() -> Messages.Put.encode(ref(attempt), birth, payload), io));
    }

    /** Completes when nobody looks at the payload any more. */
    CompletableFuture<?> settled() {
        return CompletableFuture.allOf(encoded.values().toArray(CompletableFuture[]::new));
    }

    @Override
    CompletableFuture<Boolean> keep(QuorumWrite.Attempt attempt) {
        ChunkServer local = context.local();
        if (local == null) {
            return CompletableFuture.completedFuture(false);
        }
        return encoded(attempt)
                .thenComposeAsync(
                        bytes -> {
                            Messages.Put put = Messages.Put.decode(bytes.slice());
                            return local.keep(put.ref(), put.payload(), put.birth());
                        },
                        io);
    }

    @Override
    CompletableFuture<Boolean> bring(QuorumWrite.Attempt attempt, String node) {
        Duration timeout = giveUp().multipliedBy(2);
        return encoded(attempt).thenCompose(bytes -> context.peers().put(node, bytes.slice(), timeout));
    }
}
