package dev.varve.blobstore.chunk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The checksums of a plain file, which lie beside it.
 *
 * @param blocks the CRC of each 64 KiB, and of the whole
 */
record Sidecar(ChunkId id, long length, long gcBirth, Blocks blocks) {
    private static final long MAGIC = 0x5641525645435243L;
    private static final int FORMAT = 1;
    private static final int FIXED_BYTES = 48;

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + blocks.table().remaining() + Integer.BYTES);
        out.putLong(MAGIC).putInt(FORMAT).putLong(id.high()).putLong(id.low()).putLong(length);
        out.putLong(gcBirth).putInt(blocks.crc()).put(blocks.table().duplicate());
        return out.putInt(Blocks.crc(out, 0, out.position())).flip();
    }

    /** What a file says, or null if it is missing or damaged. */
    static @Nullable Sidecar read(Path path) throws IOException {
        ByteBuffer in;
        try {
            in = ByteBuffer.wrap(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            return null;
        }
        int end = in.limit() - Integer.BYTES;
        if (end < FIXED_BYTES
                || in.getInt(end) != Blocks.crc(in, 0, end)
                || in.getLong() != MAGIC
                || in.getInt() != FORMAT) {
            return null;
        }
        ChunkId id = new ChunkId(in.getLong(), in.getLong());
        long length = in.getLong();
        long gcBirth = in.getLong();
        int crc = in.getInt();
        ByteBuffer table = in.limit(end).slice();
        boolean fits = table.remaining() == Blocks.count(length) * Integer.BYTES;
        return fits ? new Sidecar(id, length, gcBirth, new Blocks(table, crc)) : null;
    }
}
