package dev.varve.blobstore.chunk;

import dev.varve.blobstore.rocks.Flaw;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** An index in memory that outlives its store, and at a crash forgets a random suffix of what was not flushed. */
final class MemoryIndexes implements IndexOpener {
    private State flushed = new State();
    private final List<Write> unflushed = new ArrayList<>();
    private State now = new State();

    /** The contents of an index. */
    private record State(
            TreeMap<ChunkId, ChunkRow> chunks, TreeMap<Long, SegmentRow> segments, Map<String, byte[]> notes) {
        State() {
            this(new TreeMap<>(), new TreeMap<>(), new HashMap<>());
        }

        State copy() {
            return new State(new TreeMap<>(chunks), new TreeMap<>(segments), new HashMap<>(notes));
        }
    }

    private interface Write {
        void apply(State state);
    }

    synchronized void crash(Random random) {
        int kept = random.nextInt(unflushed.size() + 1);
        State state = flushed.copy();
        unflushed.subList(0, kept).forEach(write -> write.apply(state));
        unflushed.clear();
        flushed = state;
        now = state.copy();
    }

    /** One with the same contents, all of it durable. */
    synchronized MemoryIndexes copy() {
        MemoryIndexes copy = new MemoryIndexes();
        copy.flushed = now.copy();
        copy.now = now.copy();
        return copy;
    }

    synchronized void forget() {
        flushed = new State();
        now = new State();
        unflushed.clear();
    }

    /** Everything but the notes, for comparison. */
    synchronized String contents() {
        return now.chunks + "\n" + now.segments;
    }

    synchronized Map<ChunkId, ChunkRow> chunks() {
        return new TreeMap<>(now.chunks);
    }

    @Override
    public ChunkIndex open(Path directory) {
        return new MemoryIndex();
    }

    @Override
    public void clear(Path directory) {
        forget();
    }

    private synchronized void write(Write write) {
        write.apply(now);
        unflushed.add(write);
    }

    private final class MemoryIndex implements ChunkIndex {
        @Override
        public boolean isNew() {
            synchronized (MemoryIndexes.this) {
                return now.chunks.isEmpty() && now.segments.isEmpty() && now.notes.isEmpty();
            }
        }

        @Override
        public @Nullable ChunkRow find(ChunkId id) {
            synchronized (MemoryIndexes.this) {
                return now.chunks.get(id);
            }
        }

        @Override
        public void write(Batch batch) {
            Map<ChunkId, Change> chunks = new HashMap<>(batch.chunks());
            List<SegmentRow> rows = List.copyOf(batch.segments());
            List<Long> removed = List.copyOf(batch.removed());
            MemoryIndexes.this.write(state -> {
                chunks.forEach((id, change) -> {
                    ChunkRow after = change.after();
                    if (after != null) {
                        state.chunks.put(id, after);
                    } else {
                        state.chunks.remove(id);
                    }
                });
                rows.forEach(row -> state.segments.put(row.id(), row));
                removed.forEach(state.segments::remove);
            });
        }

        @Override
        public List<SegmentRow> segments() {
            synchronized (MemoryIndexes.this) {
                return List.copyOf(now.segments.values());
            }
        }

        @Override
        public void chunks(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor) {
            Map<ChunkId, ChunkRow> all = MemoryIndexes.this.chunks();
            for (Map.Entry<ChunkId, ChunkRow> entry : all.entrySet()) {
                if ((after == null || entry.getKey().compareTo(after) > 0)
                        && !visitor.test(entry.getKey(), entry.getValue())) {
                    return;
                }
            }
        }

        @Override
        public void files(@Nullable ChunkId after, BiPredicate<ChunkId, ChunkRow> visitor) {
            chunks(after, (id, row) -> !row.isFile() || visitor.test(id, row));
        }

        @Override
        public Optional<byte[]> note(String name) {
            synchronized (MemoryIndexes.this) {
                return Optional.ofNullable(now.notes.get(name));
            }
        }

        @Override
        public void setNote(String name, byte[] value) {
            MemoryIndexes.this.write(state -> state.notes.put(name, value));
        }

        @Override
        public void flush() {
            synchronized (MemoryIndexes.this) {
                flushed = now.copy();
                unflushed.clear();
            }
        }

        @Override
        public List<Flaw> findFlaws() {
            return List.of();
        }

        @Override
        public boolean isDamaged() {
            return false;
        }

        @Override
        public void close() {
            // What was not flushed is lost only at a crash.
        }
    }
}
