package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a log's pointer again when its register is lost, from chunks whose births name the log. Used by one thread.
 *
 * <p>Of the entries that nothing comes after, that of the highest epoch is the newest, and of those of one epoch the one
 * at the highest position. It may never have been committed: then nobody was told that its records were in the log, but
 * somebody may have been told that they were not. The log begins where going back from there ends.
 */
public final class PointerRecovery {
    /** What is known of an entry without its records. */
    private record Known(ChunkRef ref, long epoch, long first, long end, long trusted, Optional<Link> before) {
        Link link() {
            return new Link(first, ref);
        }
    }

    private final String log;
    private final Map<ChunkRef, Known> entries = new HashMap<>();
    private final List<Pointer.Mark> marks = new ArrayList<>();

    public PointerRecovery(String log) {
        this.log = log;
    }

    /** Looks at a chunk, which may be anything; tells whether it belongs to the log. */
    public boolean add(ChunkRef ref, ByteBuffer bytes) {
        return addEntry(ref, bytes) || addManifest(ref, bytes);
    }

    private boolean addEntry(ChunkRef ref, ByteBuffer bytes) {
        try {
            Entry entry = Entry.decoded(bytes);
            if (!entry.log().equals(log)) {
                return false;
            }
            Optional<Link> before = entry.previous().isEmpty()
                    ? Optional.empty()
                    : Optional.of(entry.previous().getLast());
            entries.put(ref, new Known(ref, entry.epoch(), entry.first(), entry.end(), entry.trusted(), before));
            return true;
        } catch (VarveException e) {
            // Then it is something else.
            return false;
        }
    }

    private boolean addManifest(ChunkRef ref, ByteBuffer bytes) {
        try {
            Manifest manifest = Manifest.decoded(bytes);
            boolean isOurs = manifest.log().equals(log);
            if (isOurs) {
                marks.add(new Pointer.Mark(manifest.position(), ref));
            }
            return isOurs;
        } catch (VarveException e) {
            // Then it is something else.
            return false;
        }
    }

    /** What the register has to hold: nobody leads, in an epoch that nobody had. Empty if no entry was found. */
    public Optional<Pointer> pointer() {
        Optional<Known> head = entries.values().stream()
                .max(Comparator.comparingLong(Known::epoch)
                        .thenComparingLong(Known::end)
                        .thenComparing(known -> known.ref().id()));
        return head.map(this::pointer);
    }

    private Pointer pointer(Known head) {
        long start = oldest(head);
        List<Pointer.Mark> usable = marks.stream()
                .filter(mark -> mark.position() >= start && mark.position() <= head.end())
                .sorted(Comparator.comparingLong(Pointer.Mark::position).reversed())
                .toList();
        return new Pointer(
                head.epoch() + 1,
                Owner.NOBODY,
                true,
                head.end(),
                Optional.of(head.link()),
                start,
                usable.stream().findFirst(),
                usable.stream().skip(1).findFirst(),
                head.trusted());
    }

    /** The first position that can be reached. */
    private long oldest(Known head) {
        Set<ChunkRef> visited = new HashSet<>();
        Known at = head;
        while (visited.add(at.ref())) {
            Known before = at.before().map(link -> entries.get(link.ref())).orElse(null);
            if (before == null) {
                return at.first();
            }
            if (before.end() != at.first() || before.epoch() > at.epoch()) {
                throw new VarveException(
                        ErrorCode.CORRUPT,
                        "log %s: the entry at %d names one before it that ends at %d"
                                .formatted(log, at.first(), before.end()));
            }
            at = before;
        }
        throw new VarveException(ErrorCode.CORRUPT, "log %s: entries name each other in a circle".formatted(log));
    }
}
