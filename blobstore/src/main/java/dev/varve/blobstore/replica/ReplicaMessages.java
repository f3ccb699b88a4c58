package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.replica.ReplicaPeers.Seen;
import dev.varve.blobstore.replica.ReplicaPeers.Standing;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32C;

/** What nodes ask each other about replicas, as bytes; all numbers are big-endian. */
final class ReplicaMessages {
    static final String STANDING = "replica/standing";
    static final String DIGEST = "replica/digest";
    static final String LIST = "replica/list";
    static final String SEE = "replica/see";
    static final String COMPARE = "replica/compare";
    static final String READ = "replica/read";

    /** Bytes of a chunk in one answer. */
    static final int MOST_READ = 8 << 20;

    /** Chunks in one message. */
    static final int MOST_CHUNKS = 10_000;

    private static final int FACT_BYTES = 16 + 8 + 4 + 8 + 1;

    private ReplicaMessages() {}

    record Listing(int group, BitSet buckets, Optional<ChunkId> after, int most) {}

    record Show(int group, String source, List<ChunkFact> chunks) {}

    record Read(ChunkRef ref, long offset, int count) {}

    /** Reads a message, which others made. */
    static <T> T decode(String method, ByteBuffer bytes, Function<ByteBuffer, T> decoder) {
        try {
            return decoder.apply(bytes.slice());
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST, method + ": a message of " + bytes.remaining() + " bytes is malformed", e);
        }
    }

    static ByteBuffer group(int group) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(group).flip();
    }

    static ByteBuffer encode(Standing standing) {
        return ByteBuffer.allocate(2)
                .put((byte) standing.state().name().charAt(0))
                .put((byte) (standing.stays() ? 1 : 0))
                .flip();
    }

    static Standing standing(ByteBuffer in) {
        char first = (char) in.get();
        ReplicaState state = switch (first) {
            case 'M' -> ReplicaState.MEMBER;
            case 'B' -> ReplicaState.BOOTSTRAP;
            case 'D' -> ReplicaState.DRAINING;
            default -> ReplicaState.OFFLINE;
        };
        return new Standing(state, in.get() == 1);
    }

    static ByteBuffer encode(GroupDigest digest) {
        ByteBuffer out = ByteBuffer.allocate(GroupDigest.BYTES);
        digest.write(out);
        return out.flip();
    }

    static ByteBuffer encode(Listing listing) {
        ByteBuffer out = ByteBuffer.allocate(4 + GroupDigest.BUCKETS / 8 + 1 + ChunkId.BYTES + 4);
        out.putInt(listing.group);
        for (int i = 0; i < GroupDigest.BUCKETS; i += Byte.SIZE) {
            int bits = 0;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                bits |= listing.buckets.get(i + bit) ? 1 << bit : 0;
            }
            out.put((byte) bits);
        }
        ChunkId after = listing.after.orElse(new ChunkId(0, 0));
        out.put((byte) (listing.after.isPresent() ? 1 : 0));
        put(out, after);
        return out.putInt(listing.most).flip();
    }

    static Listing listing(ByteBuffer in) {
        int group = in.getInt();
        BitSet buckets = new BitSet(GroupDigest.BUCKETS);
        for (int i = 0; i < GroupDigest.BUCKETS; i += Byte.SIZE) {
            byte bits = in.get();
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                buckets.set(i + bit, (bits & 1 << bit) != 0);
            }
        }
        boolean isAfter = in.get() == 1;
        ChunkId after = id(in);
        int most = in.getInt();
        return new Listing(
                group, buckets, isAfter ? Optional.of(after) : Optional.empty(), Math.clamp(most, 1, MOST_CHUNKS));
    }

    static ByteBuffer encode(Show show) {
        byte[] source = show.source.getBytes(StandardCharsets.UTF_8);
        ByteBuffer facts = encode(show.chunks);
        ByteBuffer out = ByteBuffer.allocate(2 * Integer.BYTES + source.length + facts.remaining());
        return out.putInt(show.group)
                .putInt(source.length)
                .put(source)
                .put(facts)
                .flip();
    }

    static Show show(ByteBuffer in) {
        int group = in.getInt();
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] source = new byte[length];
        in.get(source);
        return new Show(group, new String(source, StandardCharsets.UTF_8), facts(in));
    }

    static ByteBuffer encode(List<ChunkFact> chunks) {
        ByteBuffer out = ByteBuffer.allocate(chunks.size() * FACT_BYTES);
        for (ChunkFact chunk : chunks) {
            put(out, chunk.id());
            out.putLong(chunk.length()).putInt(chunk.crc32c()).putLong(chunk.birth());
            out.put((byte) (chunk.isFile() ? 1 : 0));
        }
        return out.flip();
    }

    static List<ChunkFact> facts(ByteBuffer in) {
        List<ChunkFact> chunks = new ArrayList<>();
        while (in.hasRemaining()) {
            chunks.add(new ChunkFact(id(in), in.getLong(), in.getInt(), in.getLong(), in.get() == 1));
        }
        return chunks;
    }

    static ByteBuffer encode(Seen seen) {
        ByteBuffer out = ByteBuffer.allocate(1 + seen.good().size() * ChunkId.BYTES);
        out.put((byte) (seen.counts() ? 1 : 0));
        seen.good().forEach(id -> put(out, id));
        return out.flip();
    }

    static Seen seen(ByteBuffer in) {
        boolean counts = in.get() == 1;
        List<ChunkId> good = new ArrayList<>();
        while (in.hasRemaining()) {
            good.add(id(in));
        }
        return new Seen(counts, good);
    }

    static ByteBuffer encode(Read read) {
        ByteBuffer out = ByteBuffer.allocate(ChunkId.BYTES + 8 + 4 + 8 + 4);
        put(out, read.ref.id());
        return out.putLong(read.ref.length())
                .putInt(read.ref.crc32c())
                .putLong(read.offset)
                .putInt(read.count)
                .flip();
    }

    static Read read(ByteBuffer in) {
        Read read = new Read(new ChunkRef(id(in), in.getLong(), in.getInt()), in.getLong(), in.getInt());
        if (read.count < 0
                || read.count > MOST_READ
                || read.offset < 0
                || read.offset > read.ref.length() - read.count) {
            throw new IllegalArgumentException("cannot read " + read);
        }
        return read;
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
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

    private static void put(ByteBuffer out, ChunkId id) {
        out.putLong(id.high()).putLong(id.low());
    }

    private static ChunkId id(ByteBuffer in) {
        return new ChunkId(in.getLong(), in.getLong());
    }
}
