package dev.varve.blobstore.chunk;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which segments there are, what in them is live, and, through the index, where each chunk is.
 *
 * <p>Thread-safe: {@link #lock} makes each change of rows and counts one step; looking up takes no lock. Records come in
 * only after they were fsynced, and each change carries the offset up to which its segment is indexed, so that an index
 * that has forgotten its last changes knows from where to read them again.
 */
final class SegmentTable {
    private final ChunkIndex index;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Long, Entry> segments = new ConcurrentHashMap<>();
    /** How often chunks of each group came or went. */
    private final AtomicLongArray changes = new AtomicLongArray(ChunkStore.GROUPS);

    private volatile @Nullable RuntimeException broken;

    SegmentTable(ChunkIndex index) {
        this.index = index;
    }

    /** A segment and what is known of it now. */
    record Entry(Segment segment, SegmentRow row) {}

    /** A record copied to a newer segment. */
    record Move(long fromOffset, SegmentScan.Found to) {}

    ChunkIndex index() {
        return index;
    }

    @Nullable
    ChunkRow find(ChunkId id) {
        return index.find(id);
    }

    /** Grows when chunks of a group come or go. */
    long changes(int group) {
        return changes.get(group % ChunkStore.GROUPS);
    }

    @Nullable
    Entry entry(long segment) {
        return segments.get(segment);
    }

    /** Oldest first. */
    List<Entry> entries() {
        List<Entry> all = new ArrayList<>(segments.values());
        all.sort(Comparator.comparingLong(entry -> entry.segment().id()));
        return all;
    }

    void add(Segment segment, SegmentRow row) {
        segments.put(segment.id(), new Entry(segment, row));
    }

    /** Takes in new records, durable up to {@code indexed}; returns the plain files that are not wanted any more. */
    List<ChunkId> append(Segment segment, List<SegmentScan.Found> records, long indexed) {
        return change(update -> {
            for (SegmentScan.Found found : records) {
                if (found.header().kind().isChunk()) {
                    update.append(segment, found);
                } else {
                    update.bury(segment, found);
                }
            }
            update.setRow(update.row(segment.id()).withIndexed(indexed));
        });
    }

    /** Takes in chunks found by reading a segment again, some of which may be known; not yet how far it was read. */
    void replayChunks(Segment segment, List<SegmentScan.Found> records) {
        change(update -> {
            for (SegmentScan.Found found : records) {
                if (found.header().kind().isChunk()) {
                    update.replay(segment, found);
                }
            }
        });
    }

    /** Takes in a plain file whose record is lost. */
    void adopt(ChunkId id, ChunkRow row) {
        change(update -> {
            if (update.find(id) == null) {
                update.set(id, null, row);
            }
        });
    }

    /** Takes in tombstones after all chunks, and how far segments were read, at once. */
    List<ChunkId> replayTombstones(Collection<SegmentTail> tails) {
        return change(update -> {
            for (SegmentTail tail : tails) {
                for (SegmentScan.Found found : tail.tombstones()) {
                    update.bury(tail.segment(), found);
                }
                SegmentRow row = update.row(tail.segment().id()).withIndexed(tail.end());
                update.setRow(tail.isSealed() ? row.asSealed() : row);
            }
        });
    }

    /** What remains to be told of a segment that was read again. */
    record SegmentTail(Segment segment, List<SegmentScan.Found> tombstones, long end, boolean isSealed) {}

    /** A chunk whose copy nobody wants any more. */
    record Deleted(ChunkId id, long stamp) {}

    /** Lets rows point to the copies, unless a chunk was deleted meanwhile; returns those. */
    List<Deleted> move(long from, Segment to, Collection<Move> moves, long indexed) {
        List<Deleted> deleted = new ArrayList<>();
        change(update -> {
            for (Move move : moves) {
                SegmentScan.Found found = move.to();
                ChunkId id = found.header().id();
                if (!found.header().kind().isChunk()) {
                    update.bury(to, found);
                    continue;
                }
                ChunkRow now = update.find(id);
                if (now != null && now.isAt(from, move.fromOffset())) {
                    update.set(id, now, ChunkRow.of(found.header(), to.id(), found.offset()));
                } else {
                    deleted.add(new Deleted(id, found.header().stamp()));
                }
            }
            update.setRow(update.row(from).asStale());
            update.setRow(update.row(to.id()).withIndexed(indexed));
        });
        return deleted;
    }

    /** The segment is durable up to there, and complete. */
    void seal(Segment segment, long length) {
        change(update ->
                update.setRow(update.row(segment.id()).withIndexed(length).asSealed()));
    }

    /** The segment is durable up to there. */
    void mark(Segment segment, long length) {
        change(update -> update.setRow(update.row(segment.id()).withIndexed(length)));
    }

    void setDamaged(long segment) {
        change(update -> update.setRow(update.row(segment).asDamaged()));
    }

    /** Forgets a segment that holds nothing any more. */
    void remove(long segment) {
        change(update -> update.removed.add(segment));
        segments.remove(segment);
    }

    private interface Change {
        void make(Update update);
    }

    private List<ChunkId> change(Change change) {
        lock.lock();
        try {
            RuntimeException earlier = broken;
            if (earlier != null) {
                throw new VarveException(ErrorCode.STORAGE, "the chunk index failed before: " + earlier, earlier)
                        .withHint("restart; nothing acknowledged is lost");
            }
            Update update = new Update();
            try {
                change.make(update);
                index.write(new ChunkIndex.Batch(update.chunks, update.rows.values(), update.removed));
            } catch (RuntimeException e) {
                // Later changes would tell that these, too, were indexed.
                broken = e;
                throw e;
            }
            update.chunks.forEach((id, chunk) -> {
                if (chunk.isVisible()) {
                    changes.incrementAndGet(id.group() % ChunkStore.GROUPS);
                }
            });
            update.rows.forEach((id, row) -> segments.computeIfPresent(id, (same, old) -> new Entry(old.segment, row)));
            return update.unwantedFiles;
        } finally {
            lock.unlock();
        }
    }

    /** Changes that become visible together. */
    private final class Update {
        private final Map<ChunkId, ChunkIndex.Change> chunks = new LinkedHashMap<>();
        private final Map<Long, SegmentRow> rows = new HashMap<>();
        private final List<Long> removed = new ArrayList<>();
        private final List<ChunkId> unwantedFiles = new ArrayList<>();

        @Nullable
        ChunkRow find(ChunkId id) {
            ChunkIndex.Change change = chunks.get(id);
            return change != null ? change.after() : index.find(id);
        }

        SegmentRow row(long segment) {
            SegmentRow row = rows.get(segment);
            if (row != null) {
                return row;
            }
            Entry entry = segments.get(segment);
            if (entry == null) {
                throw new IllegalStateException("no segment " + Long.toHexString(segment));
            }
            return entry.row();
        }

        void setRow(SegmentRow row) {
            rows.put(row.id(), row);
        }

        private void count(ChunkRow chunk, int sign) {
            if (rows.containsKey(chunk.segment()) || segments.containsKey(chunk.segment())) {
                setRow(row(chunk.segment()).count(chunk, sign));
            }
        }

        /** {@code before} is what {@link #find} says. */
        void set(ChunkId id, @Nullable ChunkRow before, @Nullable ChunkRow after) {
            ChunkIndex.Change earlier = chunks.get(id);
            chunks.put(id, new ChunkIndex.Change(earlier != null ? earlier.before() : before, after));
            if (before != null) {
                count(before, -1);
            }
            if (after != null) {
                count(after, 1);
            }
        }

        /** An id that the store gave is new; a given one may have had a copy that was damaged. */
        void append(Segment segment, SegmentScan.Found found) {
            ChunkId id = found.header().id();
            ChunkRow before = found.header().stamp() == 0 ? null : find(id);
            if (before != null) {
                setStale(before.segment());
            }
            set(id, before, ChunkRow.of(found.header(), segment.id(), found.offset()));
        }

        private void setStale(long segment) {
            if (rows.containsKey(segment) || segments.containsKey(segment)) {
                setRow(row(segment).asStale());
            }
        }

        void replay(Segment segment, SegmentScan.Found found) {
            ChunkId id = found.header().id();
            ChunkRow now = find(id);
            ChunkRow row = ChunkRow.of(found.header(), segment.id(), found.offset());
            if (now != null && now.isAt(segment.id(), found.offset())) {
                return;
            }
            boolean isOlder = now != null
                    && (now.stamp() == row.stamp() ? now.segment() > segment.id() : now.stamp() > row.stamp());
            if (isOlder) {
                setStale(segment.id());
                return;
            }
            if (now != null) {
                setStale(now.segment());
            }
            set(id, now, row);
        }

        void bury(Segment segment, SegmentScan.Found found) {
            ChunkId id = found.header().id();
            ChunkRow now = find(id);
            if (now != null && found.header().deletes(now.stamp())) {
                set(id, now, null);
                if (now.isFile()) {
                    unwantedFiles.add(id);
                }
            }
            SegmentRow row = row(segment.id());
            setRow(row.withTombstoneBytes(row.tombstoneBytes() + RecordHeader.BARE_BYTES));
        }
    }
}
