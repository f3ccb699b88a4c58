package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;

/**
 * What one node tells another about a log beside what was asked.
 *
 * @param end a position up to which everything is committed
 */
record Facts(long epoch, Owner owner, boolean isReleased, long end, long start) {
    static final Facts NONE = Facts.of(Pointer.START);

    static Facts of(Pointer pointer) {
        return new Facts(pointer.epoch(), pointer.owner(), pointer.isReleased(), pointer.end(), pointer.start());
    }

    void write(Packed to) {
        to.aLong(epoch).text(owner.node()).aLong(owner.boot()).aLong(owner.attempt());
        to.aByte(isReleased ? 1 : 0).aLong(end).aLong(start);
    }

    static Facts read(ByteBuffer from) {
        return new Facts(
                from.getLong(),
                new Owner(Packed.text(from), from.getLong(), from.getLong()),
                from.get() != 0,
                from.getLong(),
                from.getLong());
    }
}
