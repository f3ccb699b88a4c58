package dev.varve.blobstore.meta;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.WriteBatch;

/** Stored rows with changes on top that nobody else sees yet. Used by one thread. */
final class PendingRows {
    /** A row that was changed. */
    private static final class Pending {
        private final byte @Nullable [] stored;
        private byte @Nullable [] now;

        Pending(byte @Nullable [] stored, byte @Nullable [] now) {
            this.stored = stored;
            this.now = now;
        }
    }

    /** What takes one change back. */
    private record Undo(Pending pending, Before before) {}

    /** A value that a row had. */
    private static final class Before {
        private final byte @Nullable [] value;

        Before(byte @Nullable [] value) {
            this.value = value;
        }
    }

    private final RowStore store;
    private final Map<Family, NavigableMap<byte[], Pending>> changed = new EnumMap<>(Family.class);
    private final ArrayDeque<Undo> undo = new ArrayDeque<>();

    PendingRows(RowStore store) {
        this.store = store;
    }

    private NavigableMap<byte[], Pending> changed(Family family) {
        return changed.computeIfAbsent(family, _ -> new TreeMap<>(Arrays::compareUnsigned));
    }

    byte @Nullable [] get(Family family, byte[] key) {
        Pending pending = changed(family).get(key);
        return pending != null ? pending.now : store.get(family, key);
    }

    void put(Family family, byte[] key, byte[] value) {
        Pending pending = changed(family).get(key);
        set(family, key, pending, pending == null ? store.get(family, key) : null, value);
    }

    /** Puts a row whose key was never used before. */
    void insert(Family family, byte[] key, byte[] value) {
        set(family, key, changed(family).get(key), null, value);
    }

    void delete(Family family, byte[] key) {
        Pending pending = changed(family).get(key);
        byte[] stored = pending == null ? store.get(family, key) : null;
        if (pending != null || stored != null) {
            set(family, key, pending, stored, null);
        }
    }

    private void set(
            Family family, byte[] key, @Nullable Pending pending, byte @Nullable [] stored, byte @Nullable [] value) {
        if (pending == null) {
            Pending added = new Pending(stored, value);
            changed(family).put(key, added);
            undo.push(new Undo(added, new Before(stored)));
        } else {
            undo.push(new Undo(pending, new Before(pending.now)));
            pending.now = value;
        }
    }

    /** The first row at or behind {@code from} that begins with {@code prefix}, which {@code from} does too. */
    @Nullable
    Row first(Family family, byte[] prefix, byte[] from) {
        List<Row> rows = rows(family, prefix, from, 1);
        return rows.isEmpty() ? null : rows.getFirst();
    }

    /** Up to {@code most} rows in their order. */
    List<Row> rows(Family family, byte[] prefix, byte[] from, int most) {
        List<Row> rows = new ArrayList<>();
        NavigableMap<byte[], Pending> pending = changed(family);
        byte[] at = from;
        try (RowStore.Cursor cursor = store.cursor(family, RowKeys.behind(prefix))) {
            boolean hasStored = cursor.seek(at);
            while (rows.size() < most) {
                Map.Entry<byte[], Pending> entry = pending.ceilingEntry(at);
                if (entry != null && !RowKeys.startsWith(entry.getKey(), prefix)) {
                    entry = null;
                }
                byte[] stored = hasStored ? cursor.key() : null;
                int order = entry == null ? 1 : stored == null ? -1 : Arrays.compareUnsigned(entry.getKey(), stored);
                if (entry == null && stored == null) {
                    break;
                }
                if (entry != null && order <= 0) {
                    byte[] now = entry.getValue().now;
                    if (now != null) {
                        rows.add(new Row(entry.getKey(), now));
                    }
                    at = RowKeys.after(entry.getKey());
                    hasStored = order == 0 ? cursor.next() : hasStored;
                } else if (stored != null) {
                    rows.add(new Row(stored, cursor.value()));
                    at = RowKeys.after(stored);
                    hasStored = cursor.next();
                }
            }
        }
        return rows;
    }

    /** From here on changes can be taken back. */
    void begin() {
        undo.clear();
    }

    /** Takes back all changes since {@link #begin}. */
    void rollBack() {
        while (!undo.isEmpty()) {
            Undo last = undo.pop();
            last.pending().now = last.before().value;
        }
    }

    /** Adds the changes to a batch and follows them in the hash of the shard's rows. */
    RowHash writeTo(WriteBatch batch, RowHash before) {
        RowHash hash = before;
        for (Map.Entry<Family, NavigableMap<byte[], Pending>> family : changed.entrySet()) {
            for (Map.Entry<byte[], Pending> row : family.getValue().entrySet()) {
                byte[] stored = row.getValue().stored;
                byte[] now = row.getValue().now;
                if (Arrays.equals(stored, now)) {
                    continue;
                }
                if (stored != null) {
                    hash = hash.minus(RowHash.of(family.getKey(), row.getKey(), stored));
                }
                if (now != null) {
                    hash = hash.plus(RowHash.of(family.getKey(), row.getKey(), now));
                }
                store.add(batch, family.getKey(), row.getKey(), now);
            }
        }
        return hash;
    }
}
