package dev.varve.blobstore.shared;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Writes values one behind the other, and reads them again. */
final class Packed {
    static final int REF_BYTES = ChunkId.BYTES + Long.BYTES + Integer.BYTES;
    private static final int FIRST_BYTES = 256;

    private ByteBuffer bytes;

    private Packed(int capacity) {
        bytes = ByteBuffer.allocate(capacity);
    }

    static ByteBuffer of(Consumer<Packed> content) {
        return of(FIRST_BYTES, content);
    }

    /** @param expected bytes; more fit, but are copied */
    static ByteBuffer of(int expected, Consumer<Packed> content) {
        Packed packed = new Packed(expected);
        content.accept(packed);
        return packed.bytes.flip();
    }

    /** Reads; what ends too early or has impossible numbers is {@code CORRUPT}. */
    static <T> T read(String what, ByteBuffer from, Function<ByteBuffer, T> content) {
        try {
            return content.apply(from);
        } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new VarveException(ErrorCode.CORRUPT, what + " is not readable: " + e, e);
        }
    }

    private ByteBuffer room(int more) {
        if (bytes.remaining() < more) {
            bytes = ByteBuffer.allocate(Math.max(2 * bytes.capacity(), bytes.position() + more))
                    .put(bytes.flip());
        }
        return bytes;
    }

    Packed aByte(int value) {
        room(Byte.BYTES).put((byte) value);
        return this;
    }

    Packed aShort(int value) {
        room(Short.BYTES).putShort((short) value);
        return this;
    }

    Packed anInt(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    Packed aLong(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    Packed text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > Short.MAX_VALUE) {
            throw new IllegalArgumentException("a text of " + utf8.length + " bytes");
        }
        aShort(utf8.length);
        room(utf8.length).put(utf8);
        return this;
    }

    /** With the length before. */
    Packed bytes(ByteBuffer value) {
        anInt(value.remaining());
        room(value.remaining()).put(value.duplicate());
        return this;
    }

    Packed ref(ChunkRef ref) {
        return aLong(ref.id().high()).aLong(ref.id().low()).aLong(ref.length()).anInt(ref.crc32c());
    }

    Packed link(Link link) {
        return aLong(link.first()).ref(link.ref());
    }

    <T> Packed maybe(Optional<T> value, Consumer<T> write) {
        aByte(value.isPresent() ? 1 : 0);
        value.ifPresent(write);
        return this;
    }

    static String text(ByteBuffer from) {
        int length = from.getShort();
        String value = StandardCharsets.UTF_8
                .decode(from.slice(from.position(), length))
                .toString();
        from.position(from.position() + length);
        return value;
    }

    /** A view. */
    static ByteBuffer slice(ByteBuffer from) {
        int length = from.getInt();
        ByteBuffer value = from.slice(from.position(), length);
        from.position(from.position() + length);
        return value;
    }

    static ChunkRef ref(ByteBuffer from) {
        return new ChunkRef(new ChunkId(from.getLong(), from.getLong()), from.getLong(), from.getInt());
    }

    static Link link(ByteBuffer from) {
        return new Link(from.getLong(), ref(from));
    }

    static <T> Optional<T> maybe(ByteBuffer from, Function<ByteBuffer, T> read) {
        return from.get() == 0 ? Optional.empty() : Optional.of(read.apply(from));
    }
}
