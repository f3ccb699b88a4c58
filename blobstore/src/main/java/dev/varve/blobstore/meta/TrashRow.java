package dev.varve.blobstore.meta;

import java.nio.ByteBuffer;
import java.time.Instant;

/** A chunk that nothing refers to any more, as a row. */
record TrashRow(Instant since, long length) {
    private static final int FORMAT = 1;

    byte[] encode() {
        BytesOut out = new BytesOut(32);
        out.octet(FORMAT);
        Fields.put(out, since);
        out.number(length);
        return out.toBytes();
    }

    static TrashRow decode(byte[] row) {
        return BytesIn.read(
                "a row of trash", FORMAT, ByteBuffer.wrap(row), in -> new TrashRow(Fields.time(in), in.number()));
    }
}
