package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Operations that one entry of a shard's log holds.
 *
 * <p>Format 1: the octet 1; the two times; the number of operations; each after its length in bytes.
 *
 * @param time of the clock of the node that wrote it; what is written now was modified then
 * @param trusted a time that no jump of that clock brings forward; locks end by it
 */
public record MetaBatch(Instant time, Instant trusted, List<MetaOp<?>> ops) {
    private static final int FORMAT = 1;

    public MetaBatch {
        ops = List.copyOf(ops);
    }

    /** An operation as bytes, to be given to {@link #encode}. */
    public static byte[] encode(MetaOp<?> op) {
        BytesOut out = new BytesOut();
        OpCodec.put(out, op);
        return out.toBytes();
    }

    /** A batch of operations that are bytes already. */
    public static ByteBuffer encode(Instant time, Instant trusted, List<byte[]> ops) {
        int bytes = ops.stream().mapToInt(op -> op.length + Integer.BYTES + 1).sum();
        BytesOut out = new BytesOut(bytes + 64);
        out.octet(FORMAT);
        Fields.put(out, time);
        Fields.put(out, trusted);
        Fields.put(out, ops, BytesOut::sized);
        return ByteBuffer.wrap(out.toBytes());
    }

    public ByteBuffer encode() {
        return encode(time, trusted, ops.stream().map(MetaBatch::encode).toList());
    }

    /** An operation alone, for a log that says of each record when it was written. */
    public static ByteBuffer encodeUntimed(MetaOp<?> op) {
        BytesOut out = new BytesOut();
        out.octet(FORMAT);
        OpCodec.put(out, op);
        return ByteBuffer.wrap(out.toBytes());
    }

    /** Reads an operation that was written alone; what it holds is a copy. */
    public static MetaBatch decodeUntimed(Instant time, Instant trusted, ByteBuffer bytes) {
        return BytesIn.read("an operation", FORMAT, bytes, in -> new MetaBatch(time, trusted, List.of(OpCodec.op(in))));
    }

    /** Reads a batch; what it holds is a copy. */
    public static MetaBatch decode(ByteBuffer bytes) {
        return BytesIn.read("a batch of operations", FORMAT, bytes, in -> {
            Instant time = Fields.time(in);
            Instant trusted = Fields.time(in);
            int count = in.count();
            List<MetaOp<?>> ops = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                int length = in.count();
                ops.add(in.exactly(length, OpCodec::op));
            }
            return new MetaBatch(time, trusted, ops);
        });
    }
}
