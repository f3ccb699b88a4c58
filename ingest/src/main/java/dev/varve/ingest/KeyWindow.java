package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last while and what became of their batches.
 *
 * <p>Keys come from the log when it is replayed; those below the log's start are in checkpoints, which {@link
 * #checkpoint} writes before the log is cut. A checkpoint is a blob {@code ingest/keys/<from>-<to>} of the keys of
 * batches at these positions: big-endian, int version 1, int count, then per key six longs (hash, hash, digest,
 * position, accepted, rejected) and a seventh, milliseconds; at the end the CRC-32C of all before.
 *
 * <p>Thread-safe; one lock, never held during I/O.
 */
final class KeyWindow {
    private static final String PREFIX = "ingest/keys/";
    private static final int VERSION = 1;
    private static final int MOST_CHECKPOINTS = 64;

    /** What became of a batch. */
    record Entry(KeyHash key, long digest, long position, long accepted, long rejected, long millis) {}

    /** Who comes with a key. */
    sealed interface Claim {
        /** The first: must end with {@link #applied} or {@link #failed}. */
        record First() implements Claim {}

        /** A retry while the first is on its way. */
        record Waiting(CompletableFuture<Entry> first) implements Claim {}

        /** A retry. */
        record Known(Entry entry) implements Claim {}
    }

    private record InFlight(long digest, CompletableFuture<Entry> done) {}

    private final int most;
    private final long maxAgeMillis;
    private final InstantSource clock;
    private final Map<KeyHash, InFlight> inFlight = new HashMap<>();
    private final LinkedHashMap<KeyHash, Entry> known = new LinkedHashMap<>();
    /** Touched by whoever flushes, under the flush's own lock. */
    private long checkpointed;

    KeyWindow(IngestConfig config, InstantSource clock) {
        this.most = config.keysRemembered();
        this.maxAgeMillis = config.keysMaxAge().toMillis();
        this.clock = clock;
    }

    synchronized Claim claim(KeyHash key, long digest) {
        evict();
        InFlight first = inFlight.get(key);
        Entry entry = known.get(key);
        if ((first != null && first.digest() != digest) || (entry != null && entry.digest() != digest)) {
            throw new VarveException(ErrorCode.IDEMPOTENCY_CONFLICT, "this idempotency key came before with other rows")
                    .withHint("use a new key for new rows, and the same key only to send the same rows again");
        }
        if (first != null) {
            return new Claim.Waiting(first.done());
        }
        if (entry != null) {
            return new Claim.Known(entry);
        }
        inFlight.put(key, new InFlight(digest, new CompletableFuture<>()));
        return new Claim.First();
    }

    /** Remembers a batch that is in the log; those who wait for it are told after. */
    void applied(Entry entry) {
        InFlight first;
        synchronized (this) {
            first = inFlight.remove(entry.key());
            known.remove(entry.key());
            known.put(entry.key(), entry);
            evict();
        }
        if (first != null) {
            first.done().completeAsync(() -> entry);
        }
    }

    void failed(KeyHash key, Throwable cause) {
        InFlight first;
        synchronized (this) {
            first = inFlight.remove(key);
        }
        if (first != null) {
            first.done().completeExceptionally(cause);
        }
    }

    private void evict() {
        long oldest = clock.millis() - maxAgeMillis;
        Iterator<Entry> entries = known.values().iterator();
        while (entries.hasNext()) {
            Entry eldest = entries.next();
            if (known.size() <= most && eldest.millis() >= oldest) {
                return;
            }
            entries.remove();
        }
    }

    /** Makes the keys below a position of the log durable, so that it can be cut there. */
    void checkpoint(BlobStore blobs, long position) {
        if (position <= checkpointed) {
            return;
        }
        List<String> present = blobs.list(PREFIX);
        boolean isWhole = present.size() >= MOST_CHECKPOINTS;
        long from = isWhole ? 0 : checkpointed;
        List<Entry> entries = new ArrayList<>();
        synchronized (this) {
            for (Entry entry : known.values()) {
                if (entry.position() >= from && entry.position() < position) {
                    entries.add(entry);
                }
            }
        }
        if (!entries.isEmpty()) {
            write(blobs, PREFIX + number(from) + "-" + number(position), entries);
        }
        if (isWhole) {
            blobs.delete(present);
        }
        checkpointed = position;
    }

    private static String number(long position) {
        return String.format("%019d", position);
    }

    private static void write(BlobStore blobs, String name, List<Entry> entries) {
        try (BlobStore.Draft draft = blobs.create(name)) {
            CheckedOutputStream checked = new CheckedOutputStream(draft.out(), new CRC32C());
            DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(checked, 1 << 16));
            out.writeInt(VERSION);
            out.writeInt(entries.size());
            for (Entry entry : entries) {
                out.writeLong(entry.key().high());
                out.writeLong(entry.key().low());
                out.writeLong(entry.digest());
                out.writeLong(entry.position());
                out.writeLong(entry.accepted());
                out.writeLong(entry.rejected());
                out.writeLong(entry.millis());
            }
            out.flush();
            out.writeInt((int) checked.getChecksum().getValue());
            out.flush();
            draft.commit();
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot write " + name + ": " + e.getMessage(), e);
        }
    }

    /** Reads the checkpoints; the log's keys come after. */
    void restore(BlobStore blobs) {
        for (String name : blobs.list(PREFIX)) {
            try (DataInputStream in = open(blobs, name)) {
                CheckedInputStream checked = new CheckedInputStream(in, new CRC32C());
                DataInputStream data = new DataInputStream(checked);
                int version = data.readInt();
                if (version != VERSION) {
                    throw corrupt(name, "has version " + version, null);
                }
                int count = data.readInt();
                for (int i = 0; i < count; i++) {
                    KeyHash key = new KeyHash(data.readLong(), data.readLong());
                    applied(new Entry(
                            key, data.readLong(), data.readLong(), data.readLong(), data.readLong(), data.readLong()));
                }
                if ((int) checked.getChecksum().getValue() != in.readInt()) {
                    throw corrupt(name, "has a wrong checksum", null);
                }
            } catch (IOException e) {
                throw corrupt(name, "does not read", e);
            }
            checkpointed = Long.parseLong(name.substring(name.lastIndexOf('-') + 1));
        }
    }

    private static DataInputStream open(BlobStore blobs, String name) {
        return new DataInputStream(new BufferedInputStream(Channels.newInputStream(blobs.open(name)), 1 << 16));
    }

    private static VarveException corrupt(String name, String what, @Nullable IOException cause) {
        String message = "the checkpoint " + name + " " + what;
        return cause == null
                ? new VarveException(ErrorCode.CORRUPT, message)
                : new VarveException(ErrorCode.CORRUPT, message, cause);
    }

    synchronized int size() {
        return known.size();
    }
}
