package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * How far a shard has come.
 *
 * @param next position in its log of the first batch that was not applied
 * @param lastNumber greatest number it has given to a bucket, version, upload or change
 * @param gcFloor chunks born below it are refused
 * @param trusted greatest trusted time of a batch
 * @param rows hash of its rows, this one left out
 */
public record ShardHead(long next, long lastNumber, long gcFloor, Instant trusted, RowHash rows) {
    private static final int FORMAT = 1;

    static final ShardHead NEW = new ShardHead(0, 0, 0, Instant.EPOCH, RowHash.NONE);

    /** The head as bytes. */
    public byte[] encode() {
        BytesOut out = new BytesOut(64);
        out.octet(FORMAT).number(next);
        putState(out);
        out.fixed64(rows.high()).fixed64(rows.low());
        return out.toBytes();
    }

    private void putState(BytesOut out) {
        out.number(lastNumber).number(gcFloor);
        Fields.put(out, trusted);
    }

    /** Reads a head. */
    public static ShardHead decode(byte[] row) {
        return BytesIn.read(
                "the state of a shard",
                FORMAT,
                ByteBuffer.wrap(row),
                in -> new ShardHead(
                        in.number(),
                        in.number(),
                        in.number(),
                        Fields.time(in),
                        new RowHash(in.fixed64(), in.fixed64())));
    }

    /** A hash of all that the shard's operations made, the same however they were put into batches. */
    public RowHash hash() {
        BytesOut out = new BytesOut(32);
        putState(out);
        return rows.plus(RowHash.of(Family.STATE, new byte[0], out.toBytes()));
    }
}
