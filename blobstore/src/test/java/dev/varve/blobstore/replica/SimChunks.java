package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.host.AsyncFiles;
import dev.varve.testkit.sim.SimDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.zip.CRC32C;

/** A chunk store of files in memory: one for each chunk, whose name is its index and never rots. */
final class SimChunks implements ReplicaDisk {
    private static final String FOLDER = "chunks";

    private final AsyncFiles files;
    private final BiFunction<String, ChunkFact, CompletableFuture<Boolean>> fetch;
    private final TreeMap<ChunkId, ChunkFact> index = new TreeMap<>();
    private final Set<ChunkId> damaged = new HashSet<>();
    private long drafts;

    SimChunks(AsyncFiles files, SimDisk disk, BiFunction<String, ChunkFact, CompletableFuture<Boolean>> fetch) {
        this.files = files;
        this.fetch = fetch;
        for (String name : disk.list(FOLDER)) {
            ChunkFact chunk = parse(name);
            index.put(chunk.id(), chunk);
        }
    }

    static ChunkFact chunk(ChunkId id, long birth) {
        CRC32C crc = new CRC32C();
        crc.update(payload(id));
        return new ChunkFact(id, Long.BYTES, (int) crc.getValue(), birth, false);
    }

    private static ByteBuffer payload(ChunkId id) {
        return ByteBuffer.allocate(Long.BYTES)
                .putLong(id.low() * 0x9e3779b97f4a7c15L + id.high())
                .flip();
    }

    private static String name(ChunkFact chunk) {
        return FOLDER + "/" + chunk.id() + "-" + chunk.birth();
    }

    private static ChunkFact parse(String name) {
        int end = name.indexOf('-');
        return chunk(ChunkId.parse(name.substring(FOLDER.length() + 1, end)), Long.parseLong(name.substring(end + 1)));
    }

    /** Whether a disk has a chunk as it was written. */
    static boolean isIntact(SimDisk disk, ChunkFact chunk) {
        String name = name(chunk);
        try {
            return disk.exists(name) && disk.read(name).equals(payload(chunk.id()));
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes what does not belong there into a chunk. */
    static void harm(SimDisk disk, ChunkFact chunk) {
        String name = name(chunk);
        try {
            if (disk.exists(name)) {
                disk.append(name, ByteBuffer.allocate(1));
                disk.force(name);
            }
        } catch (IOException e) {
            // The disk does not take even that.
        }
    }

    /** Writes a chunk; durable when done. */
    CompletableFuture<Void> store(ChunkFact chunk) {
        String draft = "drafts/" + drafts++ + "-" + chunk.id().low();
        return files.delete(draft)
                .thenCompose(nothing -> files.append(draft, payload(chunk.id())))
                .thenCompose(nothing -> files.force(draft))
                .thenCompose(nothing -> files.move(draft, name(chunk)))
                .thenCompose(nothing -> files.forceNames(FOLDER))
                .thenAccept(nothing -> {
                    index.put(chunk.id(), chunk);
                    damaged.remove(chunk.id());
                });
    }

    CompletableFuture<Boolean> isGood(ChunkFact chunk) {
        if (!index.containsKey(chunk.id())) {
            return CompletableFuture.completedFuture(false);
        }
        return files.read(name(chunk)).handle((bytes, failure) -> {
            boolean isGood = failure == null && bytes.equals(payload(chunk.id()));
            if (!isGood && index.containsKey(chunk.id())) {
                damaged.add(chunk.id());
            }
            return isGood;
        });
    }

    @Override
    public CompletableFuture<GroupDigest> digest(int group) {
        GroupDigest digest = new GroupDigest();
        index.values().stream()
                .filter(chunk -> chunk.id().group() == group)
                .forEach(chunk -> digest.add(chunk.id(), chunk.length(), chunk.crc32c()));
        return CompletableFuture.completedFuture(digest);
    }

    @Override
    public CompletableFuture<List<ChunkFact>> list(int group, BitSet buckets, Optional<ChunkId> after, int most) {
        return CompletableFuture.completedFuture(index.values().stream()
                .filter(chunk -> chunk.id().group() == group
                        && buckets.get(GroupDigest.bucket(chunk.id()))
                        && after.map(id -> chunk.id().compareTo(id) > 0).orElse(true))
                .limit(most)
                .toList());
    }

    @Override
    public CompletableFuture<List<ChunkFact>> find(Collection<ChunkId> ids) {
        return CompletableFuture.completedFuture(
                ids.stream().filter(index::containsKey).map(index::get).toList());
    }

    @Override
    public CompletableFuture<List<ChunkFact>> verify(List<ChunkFact> chunks) {
        List<ChunkFact> good = new ArrayList<>();
        return Futures.each(
                        chunks,
                        chunk -> isGood(chunk).thenAccept(is -> {
                            if (is) {
                                good.add(chunk);
                            }
                        }))
                .thenApply(nothing -> good);
    }

    @Override
    public CompletableFuture<Copied> copy(String from, ChunkFact chunk) {
        return fetch.apply(from, chunk)
                .thenCompose(isThere -> isThere
                        ? store(chunk).thenApply(nothing -> Copied.DONE)
                        : CompletableFuture.completedFuture(Copied.NOT_THERE))
                .exceptionally(failure -> Copied.FAILED);
    }

    @Override
    public CompletableFuture<Integer> delete(Collection<ChunkId> ids) {
        List<ChunkFact> gone =
                ids.stream().filter(index::containsKey).map(index::get).toList();
        return Futures.each(gone, chunk -> {
                    index.remove(chunk.id());
                    damaged.remove(chunk.id());
                    return files.delete(name(chunk));
                })
                .thenCompose(nothing -> files.forceNames(FOLDER))
                .thenApply(nothing -> gone.size());
    }

    @Override
    public CompletableFuture<List<ChunkFact>> damaged() {
        return verify(List.copyOf(index.values())).thenCompose(good -> find(List.copyOf(damaged)));
    }

    Collection<ChunkFact> all() {
        return List.copyOf(index.values());
    }
}
