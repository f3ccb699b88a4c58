package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32C;

/** What nodes send each other about the bytes of chunks; all numbers are big-endian. */
final class Messages {
    static final String PUT = "chunk/put";
    static final String GET = "chunk/get";
    static final String DELETE = "chunk/delete";
    static final String FILE_OPEN = "chunk/file/open";
    static final String FILE_PART = "chunk/file/part";
    static final String FILE_COMMIT = "chunk/file/commit";
    static final String FILE_CLOSE = "chunk/file/close";

    /** What a part of a file, or one answer, carries at most. */
    static final int PART_BYTES = 1 << 20;

    /** Ids in one request to delete. */
    static final int MOST_IDS = 100_000;

    private static final int REF_BYTES = 28;

    private Messages() {}

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    private static void putId(ByteBuffer out, ChunkId id) {
        out.putLong(id.high()).putLong(id.low());
    }

    private static ChunkId id(ByteBuffer in) {
        return new ChunkId(in.getLong(), in.getLong());
    }

    private static void putRef(ByteBuffer out, ChunkRef ref) {
        putId(out, ref.id());
        out.putLong(ref.length()).putInt(ref.crc32c());
    }

    private static ChunkRef ref(ByteBuffer in) {
        return new ChunkRef(id(in), in.getLong(), in.getInt());
    }

    /** Reads a message, which others made. */
    static <T> T decode(String method, ByteBuffer bytes, Function<ByteBuffer, T> decoder) {
        try {
            return decoder.apply(bytes.slice());
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST, method + ": a message of " + bytes.remaining() + " bytes is malformed", e);
        }
    }

    /** A chunk to keep. */
    record Put(ChunkRef ref, long birth, ByteBuffer payload) {
        static ByteBuffer encode(ChunkRef ref, long birth, ByteBuffer payload) {
            ByteBuffer out = ByteBuffer.allocate(REF_BYTES + Long.BYTES + payload.remaining());
            putRef(out, ref);
            return out.putLong(birth).put(payload.duplicate()).flip();
        }

        static Put decode(ByteBuffer in) {
            return new Put(Messages.ref(in), in.getLong(), in.slice());
        }
    }

    /** Bytes of a chunk that are wanted. */
    record Get(ChunkRef ref, long offset, int count) {
        ByteBuffer encode() {
            ByteBuffer out = ByteBuffer.allocate(REF_BYTES + Long.BYTES + Integer.BYTES);
            putRef(out, ref);
            return out.putLong(offset).putInt(count).flip();
        }

        static Get decode(ByteBuffer in) {
            return new Get(Messages.ref(in), in.getLong(), in.getInt());
        }
    }

    /** A file that is about to come. */
    record FileOpen(ChunkRef ref, long birth) {
        ByteBuffer encode() {
            ByteBuffer out = ByteBuffer.allocate(REF_BYTES + Long.BYTES);
            putRef(out, ref);
            return out.putLong(birth).flip();
        }

        static FileOpen decode(ByteBuffer in) {
            return new FileOpen(Messages.ref(in), in.getLong());
        }
    }

    /** A part of it. */
    record FilePart(long session, long offset, int crc, ByteBuffer bytes) {
        static final int HEADER_BYTES = 2 * Long.BYTES + Integer.BYTES;

        static FilePart decode(ByteBuffer in) {
            return new FilePart(in.getLong(), in.getLong(), in.getInt(), in.slice());
        }
    }

    static ByteBuffer encodeLong(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).flip();
    }

    static ByteBuffer encodeFlag(boolean value) {
        return ByteBuffer.allocate(1).put((byte) (value ? 1 : 0)).flip();
    }

    static boolean flag(ByteBuffer in) {
        return in.get() == 1;
    }

    static ByteBuffer encodeIds(List<ChunkId> ids) {
        ByteBuffer out = ByteBuffer.allocate(ids.size() * ChunkId.BYTES);
        ids.forEach(id -> putId(out, id));
        return out.flip();
    }

    static List<ChunkId> ids(ByteBuffer in) {
        List<ChunkId> ids = new ArrayList<>();
        while (in.hasRemaining()) {
            ids.add(id(in));
        }
        return ids;
    }

    /** Bytes with their checksum before them. */
    static ByteBuffer checked(ByteBuffer in, String whose) {
        int crc = in.getInt();
        ByteBuffer bytes = in.slice();
        if (crc(bytes) != crc) {
            throw new VarveException(
                    ErrorCode.CORRUPT, whose + ": " + bytes.remaining() + " bytes do not match their checksum");
        }
        return bytes;
    }
}
