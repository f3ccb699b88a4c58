package dev.varve.blobstore.chunk;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.UUID;

/**
 * One append-only file of records; what it is called and how it begins.
 *
 * @param id boot counter and number within that boot; never reused, and newer ones are larger
 */
record Segment(long id, int group, int salt, Path path) {
    static final int HEADER_BYTES = 32;
    private static final long MAGIC = 0x5641525645534547L;
    private static final int FORMAT = 1;
    private static final String SUFFIX = ".seg";
    private static final int NAME_LENGTH = 20 + SUFFIX.length();

    static long id(int boot, int number) {
        return (long) boot << 32 | Integer.toUnsignedLong(number);
    }

    static int boot(long id) {
        return (int) (id >>> 32);
    }

    static String fileName(long id, int group) {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits((byte) group) + "-" + hex.toHexDigits((int) (id >>> 32)) + "-"
                + hex.toHexDigits((int) id) + SUFFIX;
    }

    /** The id in a segment's name, or 0 if it is none. */
    static long idOf(Path path) {
        String name = String.valueOf(path.getFileName());
        if (name.length() != NAME_LENGTH || !name.endsWith(SUFFIX)) {
            return 0;
        }
        try {
            return id(HexFormat.fromHexDigits(name, 3, 11), HexFormat.fromHexDigits(name, 12, 20));
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.putLong(MAGIC).putInt(FORMAT).putInt(salt).putLong(id).putInt(group);
        return header.putInt(Blocks.crc(header, 0, HEADER_BYTES - Integer.BYTES))
                .flip();
    }

    /** The salt of a segment's headers, which can be had without the file's first bytes, and not by who sends chunks. */
    static int salt(UUID disk, long id) {
        ByteBuffer bytes = ByteBuffer.allocate(24);
        bytes.putLong(disk.getMostSignificantBits()).putLong(disk.getLeastSignificantBits());
        return Blocks.crc(bytes.putLong(id).flip());
    }

    /** The segment of that name, whose file may be missing or damaged. */
    static Segment of(Path path, UUID disk) {
        long id = idOf(path);
        int group = HexFormat.fromHexDigits(String.valueOf(path.getFileName()), 0, 2);
        return new Segment(id, group, salt(disk, id), path);
    }

    /** Whether a file begins as it should. */
    boolean isHeader(ByteBuffer bytes) {
        return bytes.remaining() >= HEADER_BYTES && bytes.slice(0, HEADER_BYTES).equals(header());
    }
}
