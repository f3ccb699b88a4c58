package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkRef;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What the register of a log holds.
 *
 * @param owner who leads, or did
 * @param isReleased whether the owner has said that it leads no more
 * @param end position after the last record
 * @param head the newest entry
 * @param start below which no record is kept
 * @param previous the checkpoint before the newest; it is kept in case that one cannot be read
 * @param trusted the newest entry's trusted time, milliseconds since 1970
 */
public record Pointer(
        long epoch,
        Owner owner,
        boolean isReleased,
        long end,
        Optional<Link> head,
        long start,
        Optional<Mark> checkpoint,
        Optional<Mark> previous,
        long trusted) {
    /** What a register holds before anybody led. */
    public static final Pointer START =
            new Pointer(0, Owner.NOBODY, true, 0, Optional.empty(), 0, Optional.empty(), Optional.empty(), 0);

    private static final int MAGIC = 0x56505452;
    private static final int FORMAT = 1;

    /**
     * A checkpoint.
     *
     * @param position below which it has what all records made
     */
    public record Mark(long position, ChunkRef manifest) {}

    Pointer ownedBy(Owner next) {
        return new Pointer(epoch + 1, next, false, end, head, start, checkpoint, previous, trusted);
    }

    Pointer released() {
        return new Pointer(epoch, owner, true, end, head, start, checkpoint, previous, trusted);
    }

    Pointer extended(Link link, int records, long time) {
        return new Pointer(
                epoch, owner, isReleased, link.first() + records, Optional.of(link), start, checkpoint, previous, time);
    }

    Pointer startingAt(long position) {
        return new Pointer(epoch, owner, isReleased, end, head, position, checkpoint, previous, trusted);
    }

    Pointer checkpointed(Mark mark) {
        long from = Math.max(start, checkpoint.map(Mark::position).orElse(start));
        return new Pointer(epoch, owner, isReleased, end, head, from, Optional.of(mark), checkpoint, trusted);
    }

    /** As bytes that {@link #decoded} reads. */
    public ByteBuffer encoded() {
        return Packed.of(to -> {
            to.anInt(MAGIC).aByte(FORMAT).aLong(epoch);
            to.text(owner.node()).aLong(owner.boot()).aLong(owner.attempt());
            to.aByte(isReleased ? 1 : 0).aLong(end).aLong(start).aLong(trusted);
            to.maybe(head, to::link);
            to.maybe(checkpoint, mark -> to.aLong(mark.position()).ref(mark.manifest()));
            to.maybe(previous, mark -> to.aLong(mark.position()).ref(mark.manifest()));
        });
    }

    /** Reads what {@link #encoded} wrote; {@code CORRUPT} if it is something else. */
    public static Pointer decoded(ByteBuffer bytes) {
        return Packed.read("the pointer of a log", bytes.duplicate(), from -> {
            int magic = from.getInt();
            int format = from.get();
            if (magic != MAGIC || format != FORMAT) {
                throw new IllegalArgumentException("magic " + Integer.toHexString(magic) + ", format " + format);
            }
            long epoch = from.getLong();
            Owner owner = new Owner(Packed.text(from), from.getLong(), from.getLong());
            boolean isReleased = from.get() != 0;
            long end = from.getLong();
            long start = from.getLong();
            long trusted = from.getLong();
            return new Pointer(
                    epoch,
                    owner,
                    isReleased,
                    end,
                    Packed.maybe(from, Packed::link),
                    start,
                    Packed.maybe(from, Pointer::mark),
                    Packed.maybe(from, Pointer::mark),
                    trusted);
        });
    }

    private static Mark mark(ByteBuffer from) {
        return new Mark(from.getLong(), Packed.ref(from));
    }
}
