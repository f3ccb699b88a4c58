package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a log's pointer again when its register is lost, from what disks hold of the log. Used by one thread.
 *
 * <p>Of all entries that of the highest epoch is the newest, and of those of one epoch the one at the highest position:
 * whoever led in an epoch began behind all that was committed before, and in one epoch there is one chain. So all that was
 * committed is before it, if every committed entry is on one of the disks. The newest itself, and the one before it, may
 * never have been committed (one whose compare-and-set was under way, and the next that was written meanwhile): then nobody
 * was told that its records were in the log, but somebody may have been told that they were not. The log begins where going
 * back from there ends.
 */
public final class PointerRecovery {
    /** Leaders that wrote nothing leave no trace: more than there may have been of them. */
    static final long EPOCH_STEP = 1L << 20;

    /**
     * What was found of a log.
     *
     * @param pointer what the register has to hold: nobody leads, in an epoch that nobody had
     * @param entries that the newest leads back to, with itself
     * @param disks that hold the newest entry
     */
    public record Found(Pointer pointer, int entries, Set<String> disks) {}

    private final String log;
    private final Map<ChunkRef, LogFact.OfEntry> entries = new HashMap<>();
    private final Map<ChunkRef, Pointer.Mark> marks = new HashMap<>();
    private final Map<ChunkRef, Set<String>> disks = new HashMap<>();

    public PointerRecovery(String log) {
        this.log = log;
    }

    /** Takes what a disk holds, of any log; tells whether it is of this one. */
    public boolean add(String disk, LogFact fact) {
        if (!fact.log().equals(log)) {
            return false;
        }
        disks.computeIfAbsent(fact.ref(), any -> new TreeSet<>()).add(disk);
        switch (fact) {
            case LogFact.OfEntry entry -> entries.put(entry.ref(), entry);
            case LogFact.OfCheckpoint mark -> marks.put(mark.ref(), new Pointer.Mark(mark.position(), mark.ref()));
        }
        return true;
    }

    /** What the register has to hold of a log that no disk holds an entry of: none was ever acknowledged. */
    public static Pointer ofNoEntries() {
        return new Pointer(
                EPOCH_STEP, Owner.NOBODY, true, 0, Optional.empty(), 0, Optional.empty(), Optional.empty(), 0);
    }

    /** Empty if no disk holds an entry; {@code CORRUPT} if there are entries that no history of the log explains. */
    public Optional<Found> find() {
        refuseForks();
        return entries.values().stream()
                .max(Comparator.comparingLong(LogFact.OfEntry::epoch)
                        .thenComparingLong(LogFact.OfEntry::end)
                        .thenComparingInt(entry -> holders(entry).size())
                        .thenComparing(entry -> entry.ref().id()))
                .map(this::found);
    }

    private Set<String> holders(LogFact.OfEntry entry) {
        return disks.getOrDefault(entry.ref(), Set.of());
    }

    /** In one epoch one node leads, and writes one chain. */
    private void refuseForks() {
        record Place(long epoch, long first) {}
        Map<Place, LogFact.OfEntry> places = new HashMap<>();
        for (LogFact.OfEntry entry : entries.values()) {
            LogFact.OfEntry other = places.putIfAbsent(new Place(entry.epoch(), entry.first()), entry);
            if (other != null && !other.isCopyOf(entry)) {
                throw corrupt("two different entries begin at %d in epoch %d: %s on %s and %s on %s"
                        .formatted(
                                entry.first(),
                                entry.epoch(),
                                other.ref().id(),
                                holders(other),
                                entry.ref().id(),
                                holders(entry)));
            }
        }
    }

    private Found found(LogFact.OfEntry head) {
        Set<ChunkRef> chain = new HashSet<>();
        long start = oldest(head, chain);
        List<Pointer.Mark> usable = marks.values().stream()
                .filter(mark -> mark.position() >= start && mark.position() <= head.end())
                .sorted(Comparator.comparingLong(Pointer.Mark::position)
                        .thenComparing(mark -> mark.manifest().id())
                        .reversed())
                .toList();
        Optional<Pointer.Mark> newest = usable.stream().findFirst();
        Optional<Pointer.Mark> before = usable.stream()
                .filter(mark ->
                        newest.isPresent() && mark.position() < newest.get().position())
                .findFirst();
        Pointer pointer = new Pointer(
                head.epoch() + EPOCH_STEP,
                Owner.NOBODY,
                true,
                head.end(),
                Optional.of(head.link()),
                start,
                newest,
                before,
                head.trusted());
        return new Found(pointer, chain.size(), holders(head));
    }

    /** The first position that can be reached. */
    private long oldest(LogFact.OfEntry head, Set<ChunkRef> visited) {
        LogFact.OfEntry at = head;
        while (visited.add(at.ref())) {
            LogFact.OfEntry before = at.before().map(entries::get).orElse(null);
            if (before == null) {
                return at.first();
            }
            if (before.end() != at.first() || before.epoch() > at.epoch()) {
                throw corrupt("the entry at %d of epoch %d names one before it that ends at %d, of epoch %d"
                        .formatted(at.first(), at.epoch(), before.end(), before.epoch()));
            }
            at = before;
        }
        throw corrupt("entries name each other in a circle");
    }

    private VarveException corrupt(String what) {
        return new VarveException(ErrorCode.CORRUPT, "log " + log + ": " + what)
                .withHint("one of the disks is not of this cluster, or was written to by something else: find out which"
                        + " before anything is changed");
    }
}
