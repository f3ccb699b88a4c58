package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.meta.ShardHead;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

/**
 * Where a checkpoint of a shard is.
 *
 * <p>Format 1: the octet 1; the octet 0 and then the fields, or the octet 1 and a chunk that holds them, if they are many.
 * Numbers are big-endian.
 *
 * @param head how far the shard had come; with the hash of its rows
 * @param rows how many there are
 * @param bytes of all chunks
 * @param parts chunks that hold the rows, one after the other
 */
record CheckpointManifest(ShardHead head, long rows, long bytes, List<ChunkRef> parts) {
    private static final byte FORMAT = 1;
    private static final byte HERE = 0;
    private static final byte ELSEWHERE = 1;
    private static final int MOST_HERE_BYTES = 60 << 10;
    private static final int REF_BYTES = 3 * Long.BYTES + Integer.BYTES;

    CheckpointManifest {
        parts = List.copyOf(parts);
    }

    /** As bytes for the log's register; what is too much for it becomes a chunk. */
    ByteBuffer write(Chunks chunks, long birth) {
        ByteBuffer fields = fields();
        if (fields.remaining() <= MOST_HERE_BYTES) {
            return ByteBuffer.allocate(2 + fields.remaining())
                    .put(FORMAT)
                    .put(HERE)
                    .put(fields)
                    .flip();
        }
        ByteBuffer out = ByteBuffer.allocate(2 + REF_BYTES).put(FORMAT).put(ELSEWHERE);
        try {
            put(out, chunks.append(fields, birth).join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof VarveException failure ? failure : e;
        }
        return out.flip();
    }

    private ByteBuffer fields() {
        byte[] headBytes = head.encode();
        ByteBuffer out = ByteBuffer.allocateDirect(
                headBytes.length + 2 * Long.BYTES + 2 * Integer.BYTES + parts.size() * REF_BYTES);
        out.putInt(headBytes.length).put(headBytes).putLong(rows).putLong(bytes).putInt(parts.size());
        parts.forEach(part -> put(out, part));
        return out.flip();
    }

    private static void put(ByteBuffer out, ChunkRef ref) {
        out.putLong(ref.id().high())
                .putLong(ref.id().low())
                .putLong(ref.length())
                .putInt(ref.crc32c());
    }

    private static ChunkRef ref(ByteBuffer in) {
        return new ChunkRef(new ChunkId(in.getLong(), in.getLong()), in.getLong(), in.getInt());
    }

    /** Reads what {@link #write} made. */
    static CheckpointManifest read(Chunks chunks, ByteBuffer manifest) {
        ByteBuffer in = manifest.duplicate();
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw malformed("it has format " + format);
            }
            if (in.get() == HERE) {
                return decode(in);
            }
            ChunkRef ref = ref(in);
            ByteBuffer fields = ByteBuffer.allocate(Math.toIntExact(ref.length()));
            chunks.read(ref, 0, fields);
            return decode(fields.flip());
        } catch (BufferUnderflowException | IllegalArgumentException | ArithmeticException e) {
            throw malformed(String.valueOf(e));
        }
    }

    private static CheckpointManifest decode(ByteBuffer in) {
        byte[] headBytes = new byte[checked(in.getInt(), in.remaining(), 1)];
        in.get(headBytes);
        ShardHead head = ShardHead.decode(headBytes);
        long rows = in.getLong();
        long bytes = in.getLong();
        int count = checked(in.getInt(), in.remaining(), REF_BYTES);
        List<ChunkRef> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            parts.add(ref(in));
        }
        return new CheckpointManifest(head, rows, bytes, parts);
    }

    private static int checked(int count, int remaining, int each) {
        if (count < 0 || (long) count * each > remaining) {
            throw new IllegalArgumentException(count + " in " + remaining + " bytes");
        }
        return count;
    }

    private static VarveException malformed(String why) {
        return new VarveException(ErrorCode.CORRUPT, "the manifest of a checkpoint cannot be read: " + why);
    }
}
