package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.ChunkStore;
import dev.varve.blobstore.chunk.Damage;
import dev.varve.blobstore.chunk.FileDraft;
import dev.varve.blobstore.chunk.StoredChunk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Peers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The chunk store of this node, whose calls wait, for the loop, which does not. */
final class StoredReplicas implements ReplicaDisk {
    private static final Logger LOG = LoggerFactory.getLogger(StoredReplicas.class);
    private static final int PAGE = 2000;
    private static final int STEP_BYTES = 1 << 20;
    private static final int PART_BYTES = 4 << 20;
    private static final long MOST_MOVED_BYTES = 64 << 20;
    private static final int MOST_VERIFYING = 4;
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

    private final ChunkStore store;
    private final Peers peers;
    private final OnLoop onLoop;
    private final Map<Integer, Digested> digests = new ConcurrentHashMap<>();
    private final Semaphore verifying = new Semaphore(MOST_VERIFYING);

    private record Digested(long changes, GroupDigest digest) {}

    StoredReplicas(ChunkStore store, Peers peers, OnLoop onLoop) {
        this.store = store;
        this.peers = peers;
        this.onLoop = onLoop;
    }

    private static ChunkFact fact(StoredChunk chunk) {
        ChunkRef ref = chunk.ref();
        return new ChunkFact(ref.id(), ref.length(), ref.crc32c(), chunk.birth(), chunk.isFile());
    }

    @Override
    public CompletableFuture<GroupDigest> digest(int group) {
        return onLoop.after(() -> {
            long changes = store.changes(group);
            Digested known = digests.get(group);
            if (known != null && known.changes == changes) {
                return known.digest;
            }
            GroupDigest digest = new GroupDigest();
            List<StoredChunk> page = store.inventory(group, null, PAGE);
            while (!page.isEmpty()) {
                page.forEach(chunk -> digest.add(
                        chunk.ref().id(), chunk.ref().length(), chunk.ref().crc32c()));
                page = store.inventory(group, page.getLast().ref().id(), PAGE);
            }
            digests.put(group, new Digested(changes, digest));
            return digest;
        });
    }

    @Override
    public CompletableFuture<List<ChunkFact>> list(int group, BitSet buckets, Optional<ChunkId> after, int most) {
        return onLoop.after(() -> {
            List<ChunkFact> found = new ArrayList<>();
            @Nullable ChunkId from = after.orElse(null);
            while (found.size() < most) {
                List<StoredChunk> page = store.inventory(group, from, PAGE);
                if (page.isEmpty()) {
                    break;
                }
                page.stream()
                        .filter(chunk ->
                                buckets.get(GroupDigest.bucket(chunk.ref().id())))
                        .limit(most - found.size())
                        .forEach(chunk -> found.add(fact(chunk)));
                from = page.getLast().ref().id();
            }
            return found;
        });
    }

    @Override
    public CompletableFuture<List<ChunkFact>> find(Collection<ChunkId> ids) {
        List<ChunkId> wanted = List.copyOf(ids);
        return onLoop.after(() -> found(wanted));
    }

    private List<ChunkFact> found(Collection<ChunkId> ids) {
        return ids.stream()
                .map(store::find)
                .flatMap(Optional::stream)
                .map(StoredReplicas::fact)
                .toList();
    }

    @Override
    public CompletableFuture<List<ChunkFact>> verify(List<ChunkFact> chunks) {
        return onLoop.after(() -> {
            verifying.acquire();
            try {
                ByteBuffer buffer = ByteBuffer.allocateDirect(STEP_BYTES);
                return chunks.stream().filter(chunk -> isGood(chunk, buffer)).toList();
            } finally {
                verifying.release();
            }
        });
    }

    private boolean isGood(ChunkFact chunk, ByteBuffer buffer) {
        Optional<StoredChunk> own = store.find(chunk.id());
        if (own.isEmpty() || !own.get().ref().equals(chunk.ref()) || own.get().isFile() != chunk.isFile()) {
            return false;
        }
        try {
            for (long at = 0; at < chunk.length(); at += STEP_BYTES) {
                store.read(chunk.ref(), at, buffer.clear().limit((int) Math.min(STEP_BYTES, chunk.length() - at)));
            }
            return true;
        } catch (VarveException e) {
            // The store has noted the damage; it is healed from there.
            return false;
        }
    }

    @Override
    public CompletableFuture<Copied> copy(String from, ChunkFact chunk) {
        return onLoop.after(() -> {
            try {
                replaceOther(chunk);
                if (chunk.isFile()) {
                    copyFile(from, chunk);
                } else {
                    store.put(chunk.id(), read(from, chunk.ref(), 0, Math.toIntExact(chunk.length())), chunk.birth())
                            .join();
                }
                return Copied.DONE;
            } catch (VarveException | CompletionException | IOException e) {
                Throwable cause = OnLoop.cause(e);
                boolean isThere = !(cause instanceof VarveException told)
                        || (told.code() != ErrorCode.NOT_FOUND && told.code() != ErrorCode.CORRUPT);
                LOG.debug("could not copy chunk={} from={}", chunk.id(), from, cause);
                return isThere ? Copied.FAILED : Copied.NOT_THERE;
            }
        });
    }

    /** A copy with other bytes, that has been found to be the odd one, makes room. */
    private void replaceOther(ChunkFact chunk) {
        store.find(chunk.id()).ifPresent(own -> {
            if (!own.ref().equals(chunk.ref()) || own.isFile() != chunk.isFile()) {
                store.delete(chunk.id());
            }
        });
    }

    private void copyFile(String from, ChunkFact chunk) throws IOException {
        try (FileDraft draft = store.draft(chunk.id(), chunk.birth())) {
            byte[] bytes = new byte[PART_BYTES];
            for (long at = 0; at < chunk.length(); at += PART_BYTES) {
                int count = (int) Math.min(PART_BYTES, chunk.length() - at);
                read(from, chunk.ref(), at, count).get(bytes, 0, count);
                draft.out().write(bytes, 0, count);
            }
            draft.commit(chunk.ref());
        }
    }

    /** Bytes of another node's chunk, as they were when they left it; of a whole chunk that is what was written. */
    private ByteBuffer read(String from, ChunkRef ref, long offset, int count) {
        ByteBuffer request = ReplicaMessages.encode(new ReplicaMessages.Read(ref, offset, count));
        ByteBuffer answer =
                peers.ask(from, ReplicaMessages.READ, request, READ_TIMEOUT).join();
        ByteBuffer bytes = ReplicaMessages.checked(answer, "chunk " + ref.id() + " from " + from);
        if (bytes.remaining() != count || (count == ref.length() && ReplicaMessages.crc(bytes) != ref.crc32c())) {
            throw new VarveException(ErrorCode.CORRUPT, from + " gave other bytes of chunk " + ref.id());
        }
        return bytes;
    }

    /** Answers another node that copies. */
    ByteBuffer read(ReplicaMessages.Read read) {
        if (store.find(read.ref().id()).isEmpty()) {
            throw new VarveException(ErrorCode.NOT_FOUND, "chunk " + read.ref().id() + " is not here");
        }
        ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES + read.count());
        ByteBuffer bytes = answer.slice(Integer.BYTES, read.count());
        store.read(read.ref(), read.offset(), bytes);
        return answer.putInt(0, ReplicaMessages.crc(bytes.flip()));
    }

    @Override
    public CompletableFuture<Integer> delete(Collection<ChunkId> ids) {
        List<ChunkId> gone = List.copyOf(ids);
        return onLoop.after(() -> store.delete(gone));
    }

    @Override
    public CompletableFuture<List<ChunkFact>> damaged() {
        return onLoop.after(() -> {
            // What is good beside it is moved away, so that the damaged segment can go in the end.
            store.evacuateDamaged(MOST_MOVED_BYTES);
            Set<ChunkId> ids = new LinkedHashSet<>();
            store.damage().stream().map(Damage::chunk).filter(Objects::nonNull).forEach(ids::add);
            return found(ids);
        });
    }
}
