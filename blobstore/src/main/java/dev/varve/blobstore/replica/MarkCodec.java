package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The marks of all groups as one file, which is kept twice, so that a wrong bit does not make a node forget them.
 *
 * <pre>
 * magic long "VARVEMRK", format int 1
 * cluster long long, node int, disk long long, incarnation int     whose marks these are
 * sequence long                                                    grows with each change
 * count int
 * mark*   = group int, state byte (0 OFFLINE, 1 BOOTSTRAP, 2 MEMBER, 3 DRAINING), claim long long (0 0 if none)
 * crc int                                                           CRC32C of all before
 * </pre>
 */
final class MarkCodec {
    private static final long MAGIC = 0x56415256454D524BL;
    private static final int FORMAT = 1;
    private static final int HEAD_BYTES = 8 + 4 + 16 + 4 + 16 + 4 + 8 + 4;
    private static final int MARK_BYTES = 4 + 1 + 16;
    private static final UUID NO_CLAIM = new UUID(0, 0);

    private MarkCodec() {}

    /** What was found in place of marks. */
    sealed interface Found {
        record Marks(long sequence, SortedMap<Integer, Mark> marks) implements Found {}

        /** They were written for a disk that this node had before. */
        record OtherDisk(DiskIdentity owner) implements Found {}

        record Damaged() implements Found {}
    }

    static ByteBuffer encode(DiskIdentity owner, long sequence, SortedMap<Integer, Mark> marks) {
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + marks.size() * MARK_BYTES + Integer.BYTES);
        out.putLong(MAGIC).putInt(FORMAT);
        put(out, owner.clusterId()).putInt(owner.nodeId());
        put(out, owner.diskUuid()).putInt(owner.incarnation());
        out.putLong(sequence).putInt(marks.size());
        for (Map.Entry<Integer, Mark> entry : marks.entrySet()) {
            Mark mark = entry.getValue();
            out.putInt(entry.getKey()).put(code(mark.state()));
            put(out, mark.claim() == null ? NO_CLAIM : mark.claim());
        }
        return out.putInt(crc(out.duplicate().flip())).flip();
    }

    /** @throws VarveException if they are another node's */
    static Found decode(ByteBuffer bytes, DiskIdentity disk) {
        int content = bytes.remaining() - Integer.BYTES;
        ByteBuffer in = bytes.duplicate();
        if (content < HEAD_BYTES
                || bytes.getInt(bytes.position() + content) != crc(bytes.slice(bytes.position(), content))
                || in.getLong() != MAGIC
                || in.getInt() != FORMAT) {
            return new Found.Damaged();
        }
        UUID cluster = uuid(in);
        int node = in.getInt();
        DiskIdentity owner = new DiskIdentity(cluster, node, uuid(in), in.getInt());
        if (!cluster.equals(disk.clusterId()) || node != disk.nodeId()) {
            throw new VarveException(
                            ErrorCode.STORAGE,
                            "the replicas on this disk belong to node " + node + " of cluster " + cluster
                                    + "; this is node " + disk.nodeId() + " of cluster " + disk.clusterId())
                    .withHint("use this node's own data directory, or an empty one");
        }
        long sequence = in.getLong();
        int count = in.getInt();
        if (content != HEAD_BYTES + (long) count * MARK_BYTES) {
            return new Found.Damaged();
        }
        SortedMap<Integer, Mark> marks = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            int group = in.getInt();
            ReplicaState state = state(in.get());
            UUID claim = uuid(in);
            if (state == null) {
                return new Found.Damaged();
            }
            marks.put(group, new Mark(state, claim.equals(NO_CLAIM) ? null : claim));
        }
        return owner.equals(disk) ? new Found.Marks(sequence, marks) : new Found.OtherDisk(owner);
    }

    private static byte code(ReplicaState state) {
        return switch (state) {
            case OFFLINE -> 0;
            case BOOTSTRAP -> 1;
            case MEMBER -> 2;
            case DRAINING -> 3;
            case DROPPED -> throw new IllegalArgumentException("a dropped replica has no mark");
        };
    }

    private static @Nullable ReplicaState state(byte code) {
        return switch (code) {
            case 0 -> ReplicaState.OFFLINE;
            case 1 -> ReplicaState.BOOTSTRAP;
            case 2 -> ReplicaState.MEMBER;
            case 3 -> ReplicaState.DRAINING;
            default -> null;
        };
    }

    private static ByteBuffer put(ByteBuffer out, UUID uuid) {
        return out.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    }

    private static UUID uuid(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
