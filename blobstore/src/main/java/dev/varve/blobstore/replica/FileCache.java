package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verified copies of remote files in a folder of limited size, of which the least recently used go first, but none that was
 * given out a short while ago: whoever got it may not have opened it yet. Empty after a start. Thread-safe.
 */
final class FileCache {
    private static final Logger LOG = LoggerFactory.getLogger(FileCache.class);
    private static final String SUFFIX = ".parquet";

    private final Path folder;
    private final long mostBytes;
    private final Duration grace;
    private final LongSupplier nanoTime;
    private final ReplicationCounters counters;

    /** In order of use. */
    private final Map<ChunkRef, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<ChunkRef, CompletableFuture<Path>> fetching = new HashMap<>();
    private long bytes;
    private long scratches;

    private static final class Entry {
        private final Path path;
        private long usedNanos;

        Entry(Path path, long usedNanos) {
            this.path = path;
            this.usedNanos = usedNanos;
        }
    }

    FileCache(Path folder, long mostBytes, Duration grace, LongSupplier nanoTime, ReplicationCounters counters) {
        this.folder = folder;
        this.mostBytes = mostBytes;
        this.grace = grace;
        this.nanoTime = nanoTime;
        this.counters = counters;
        try {
            Files.createDirectories(folder);
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, Files::isRegularFile)) {
                for (Path leftover : leftovers) {
                    Files.delete(leftover);
                }
            }
        } catch (IOException e) {
            throw Disk.failure("empty the cache " + folder, e);
        }
    }

    /** Writes a remote file, verified, to a path where nothing is. */
    interface Fetch {
        void to(Path path) throws IOException;
    }

    /** The file with the chunk's bytes; fetched if it is not here, once for all who want it. */
    Path get(ChunkRef ref, Fetch fetch) {
        CompletableFuture<Path> mine = new CompletableFuture<>();
        CompletableFuture<Path> other;
        synchronized (this) {
            Entry entry = entries.get(ref);
            if (entry != null && isWhole(entry.path, ref)) {
                entry.usedNanos = nanoTime.getAsLong();
                counters.cacheHits.increment();
                return entry.path;
            }
            other = fetching.putIfAbsent(ref, mine);
        }
        if (other != null) {
            return PeerChunks.await(other);
        }
        counters.cacheMisses.increment();
        try {
            Path path = fetch(ref, fetch);
            mine.complete(path);
            return path;
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            synchronized (this) {
                fetching.remove(ref);
            }
        }
    }

    private static boolean isWhole(Path path, ChunkRef ref) {
        try {
            return Files.size(path) == ref.length();
        } catch (IOException e) {
            return false;
        }
    }

    private Path fetch(ChunkRef ref, Fetch fetch) {
        Path path = folder.resolve(ref.id() + SUFFIX);
        Path draft = scratch();
        try {
            if (Files.getFileStore(folder).getUsableSpace() < ref.length()) {
                throw new VarveException(
                        ErrorCode.DISK_FULL,
                        "no room for a copy of " + ref.length() + " bytes of chunk " + ref.id() + " in " + folder);
            }
            fetch.to(draft);
            Files.move(draft, path, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Disk.failure("copy chunk " + ref.id() + " to " + folder, e);
        } finally {
            discard(draft);
        }
        synchronized (this) {
            if (entries.put(ref, new Entry(path, nanoTime.getAsLong())) == null) {
                bytes += ref.length();
            }
            evict();
        }
        return path;
    }

    private void evict() {
        long now = nanoTime.getAsLong();
        Iterator<Map.Entry<ChunkRef, Entry>> eldest = entries.entrySet().iterator();
        while (bytes > mostBytes && eldest.hasNext()) {
            Map.Entry<ChunkRef, Entry> next = eldest.next();
            if (now - next.getValue().usedNanos < grace.toNanos()) {
                return;
            }
            eldest.remove();
            bytes -= next.getKey().length();
            counters.cacheEvictions.increment();
            discard(next.getValue().path);
        }
    }

    /** A file that does not exist, for whoever writes what is not kept. */
    synchronized Path scratch() {
        return folder.resolve("draft-" + ++scratches + SUFFIX);
    }

    static void discard(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("could not remove a copy that is not needed file={}", path, e);
        }
    }

    synchronized long bytes() {
        return bytes;
    }
}
