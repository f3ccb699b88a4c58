package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;

/**
 * What the chunk holds that a pointer names as a checkpoint. It says whose it is, so that it can be found when the pointer is
 * lost.
 *
 * @param log its name
 * @param position below which the checkpoint has what all records made
 * @param bytes what the log's user says of it
 */
record Manifest(String log, long position, ByteBuffer bytes) {
    static final int MOST_BYTES = 64 << 10;
    static final int MAGIC = 0x564C4350;
    private static final int FORMAT = 1;

    ByteBuffer encoded() {
        return Packed.of(
                MOST_BYTES,
                to -> to.anInt(MAGIC).aByte(FORMAT).text(log).aLong(position).bytes(bytes));
    }

    /** Reads what {@link #encoded} wrote; {@code CORRUPT} if it is something else. */
    static Manifest decoded(ByteBuffer bytes) {
        return Packed.read("the manifest of a log's checkpoint", bytes.asReadOnlyBuffer(), from -> {
            int magic = from.getInt();
            int format = from.get();
            if (magic != MAGIC || format != FORMAT) {
                throw new IllegalArgumentException("magic " + Integer.toHexString(magic) + ", format " + format);
            }
            return new Manifest(Packed.text(from), from.getLong(), Packed.slice(from));
        });
    }
}
