package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.host.Peers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Asks other nodes over {@link Peers}. */
final class AskedPeers implements ReplicaPeers {
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final Duration LONG = Duration.ofSeconds(60);
    /** A disk reads more than that in a second. */
    private static final long LEAST_BYTES_PER_SECOND = 4 << 20;

    private final Peers peers;
    private final OnLoop onLoop;

    AskedPeers(Peers peers, OnLoop onLoop) {
        this.peers = peers;
        this.onLoop = onLoop;
    }

    private <T> CompletableFuture<T> ask(
            String node, String method, ByteBuffer request, Duration timeout, Function<ByteBuffer, T> decoder) {
        return onLoop.after(peers.ask(node, method, request, timeout)
                .thenApply(answer -> ReplicaMessages.decode(method, answer, decoder)));
    }

    @Override
    public CompletableFuture<Standing> standing(String node, int group) {
        return ask(node, ReplicaMessages.STANDING, ReplicaMessages.group(group), SHORT, ReplicaMessages::standing);
    }

    @Override
    public CompletableFuture<GroupDigest> digest(String node, int group) {
        return ask(node, ReplicaMessages.DIGEST, ReplicaMessages.group(group), LONG, GroupDigest::read);
    }

    @Override
    public CompletableFuture<List<ChunkFact>> list(
            String node, int group, BitSet buckets, Optional<ChunkId> after, int most) {
        ByteBuffer request = ReplicaMessages.encode(new ReplicaMessages.Listing(group, buckets, after, most));
        return ask(node, ReplicaMessages.LIST, request, LONG, ReplicaMessages::facts);
    }

    @Override
    public CompletableFuture<Seen> see(String node, int group, List<ChunkFact> chunks, String source) {
        long bytes = chunks.stream().mapToLong(ChunkFact::length).sum();
        ByteBuffer request = ReplicaMessages.encode(new ReplicaMessages.Show(group, source, chunks));
        Duration timeout = LONG.plusSeconds(bytes / LEAST_BYTES_PER_SECOND);
        return ask(node, ReplicaMessages.SEE, request, timeout, ReplicaMessages::seen);
    }

    /** Tells a node that it should look for what it lacks. */
    CompletableFuture<Boolean> compare(String node, int group) {
        return ask(node, ReplicaMessages.COMPARE, ReplicaMessages.group(group), SHORT, answer -> true);
    }
}
