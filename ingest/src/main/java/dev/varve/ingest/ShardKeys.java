package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys in one shard of the log, and what became of their records: the same on all nodes, since it follows
 * from the records below a position alone.
 *
 * <p>A key is known until its record is too old by the log's own clock, or has too many others with keys behind it. It is
 * held somewhat longer than that, so that a checkpoint of an earlier position has what was known there.
 *
 * <p>A checkpoint, which must be written before the log is cut at a position, is a blob
 * {@code ingest/shard-<number>/keys/<from>-<to>-<unique>} of the keys of records at these positions: big-endian, int version
 * 1, int count, then per key eight longs (hash, hash, digest, position, accepted, rejected, milliseconds, number among the
 * shard's keys); at the end the CRC-32C of all before. Several nodes may write checkpoints at once: they may overlap, and
 * then agree.
 *
 * <p>Thread-safe; one lock, never held during I/O.
 */
final class ShardKeys {
    private static final int VERSION = 1;
    private static final int MOST_CHECKPOINTS = 64;
    private static final int MOST_TRIES = 5;
    private static final long SLACK_MILLIS = 3_600_000;
    private static final int SLACK_TIMES = 2;

    private final String prefix;
    private final int most;
    private final long maxAgeMillis;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final Map<KeyHash, Entry> latest = new HashMap<>();
    private long nextNumber;
    private long lastMillis;

    /** What became of a record with a key. */
    record Entry(KeyHash key, long digest, long position, long accepted, long rejected, long millis, long number) {}

    ShardKeys(IngestConfig config, int shard) {
        prefix = "ingest/shard-" + shard + "/keys/";
        most = config.keysRemembered();
        maxAgeMillis = config.keysMaxAge().toMillis();
    }

    /** The record that came with the key before; null if this is the first, which from now on is known. */
    synchronized @Nullable Entry decide(
            KeyHash key, long digest, long position, long accepted, long rejected, long millis) {
        lastMillis = Math.max(lastMillis, millis);
        Entry first = find(key);
        if (first == null) {
            add(new Entry(key, digest, position, accepted, rejected, lastMillis, nextNumber));
        }
        return first;
    }

    /** What became of the record with the key, if that is known now. */
    synchronized @Nullable Entry find(KeyHash key) {
        Entry entry = latest.get(key);
        return entry != null && !isOver(entry, maxAgeMillis, most) ? entry : null;
    }

    private boolean isOver(Entry entry, long ageMillis, long count) {
        return lastMillis - entry.millis() > ageMillis || nextNumber - entry.number() > count;
    }

    private void add(Entry entry) {
        entries.addLast(entry);
        latest.put(entry.key(), entry);
        nextNumber = entry.number() + 1;
        lastMillis = Math.max(lastMillis, entry.millis());
        while (isOver(entries.getFirst(), maxAgeMillis + SLACK_MILLIS, (long) SLACK_TIMES * most)) {
            Entry eldest = entries.removeFirst();
            latest.remove(eldest.key(), eldest);
        }
    }

    private record Checkpoint(String name, long from, long to) {}

    private List<Checkpoint> checkpoints(BlobStore blobs) {
        return blobs.list(prefix).stream()
                .map(name -> {
                    String[] parts = name.substring(prefix.length()).split("-", 3);
                    return new Checkpoint(name, Long.parseLong(parts[0]), Long.parseLong(parts[1]));
                })
                .toList();
    }

    /** Makes the keys below a position of the log durable, so that it can be cut there. */
    void checkpoint(BlobStore blobs, long position) {
        List<Checkpoint> present = checkpoints(blobs);
        long last = present.stream().mapToLong(Checkpoint::to).max().orElse(0);
        if (position <= last) {
            return;
        }
        boolean isWhole = present.size() >= MOST_CHECKPOINTS;
        long from = isWhole ? 0 : last;
        List<Entry> chosen;
        synchronized (this) {
            chosen = entries.stream()
                    .filter(entry -> entry.position() >= from && entry.position() < position)
                    .toList();
        }
        if (chosen.isEmpty() && !isWhole) {
            return;
        }
        write(blobs, String.format("%s%019d-%019d-%s", prefix, from, position, UUID.randomUUID()), chosen);
        if (isWhole) {
            blobs.delete(present.stream().map(Checkpoint::name).toList());
        }
    }

    private static void write(BlobStore blobs, String name, List<Entry> entries) {
        try (BlobStore.Draft draft = blobs.create(name)) {
            CheckedOutputStream checked = new CheckedOutputStream(draft.out(), new CRC32C());
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(checked, 1 << 16));
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
                out.writeLong(entry.number());
            }
            out.flush();
            out.writeInt((int) checked.getChecksum().getValue());
            out.flush();
            draft.commit();
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot write " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Forgets all, and reads the keys of records below a position, which have to be in checkpoints from the log's start on.
     *
     * @return the position up to which checkpoints are, at most that one: what comes from there on is to be shown to this
     */
    long restore(BlobStore blobs, long below) {
        Map<Long, Entry> found = new TreeMap<>();
        long end = 0;
        for (Checkpoint checkpoint : read(blobs, found)) {
            end = Math.max(end, checkpoint.to());
        }
        long to = Math.min(end, below);
        synchronized (this) {
            entries.clear();
            latest.clear();
            nextNumber = 0;
            lastMillis = 0;
            found.values().stream().filter(entry -> entry.position() < to).forEach(this::add);
        }
        return to;
    }

    private List<Checkpoint> read(BlobStore blobs, Map<Long, Entry> found) {
        for (int attempt = 1; ; attempt++) {
            List<Checkpoint> present = checkpoints(blobs);
            found.clear();
            try {
                present.forEach(checkpoint ->
                        read(blobs, checkpoint.name()).forEach(entry -> found.put(entry.position(), entry)));
                return present;
            } catch (VarveException e) {
                // another node has just put them together
                if (e.code() != ErrorCode.NOT_FOUND || attempt == MOST_TRIES) {
                    throw e;
                }
            }
        }
    }

    private static List<Entry> read(BlobStore blobs, String name) {
        List<Entry> entries = new ArrayList<>();
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Channels.newInputStream(blobs.open(name)), 1 << 16))) {
            CheckedInputStream checked = new CheckedInputStream(in, new CRC32C());
            DataInputStream data = new DataInputStream(checked);
            int version = data.readInt();
            if (version != VERSION) {
                throw new VarveException(ErrorCode.CORRUPT, "the checkpoint " + name + " has version " + version);
            }
            int count = data.readInt();
            for (int i = 0; i < count; i++) {
                entries.add(new Entry(
                        new KeyHash(data.readLong(), data.readLong()),
                        data.readLong(),
                        data.readLong(),
                        data.readLong(),
                        data.readLong(),
                        data.readLong(),
                        data.readLong()));
            }
            if ((int) checked.getChecksum().getValue() != in.readInt()) {
                throw new VarveException(ErrorCode.CORRUPT, "the checkpoint " + name + " has a wrong checksum");
            }
        } catch (IOException e) {
            throw new VarveException(ErrorCode.CORRUPT, "the checkpoint " + name + " does not read", e);
        }
        return entries;
    }

    synchronized int size() {
        return entries.size();
    }
}
