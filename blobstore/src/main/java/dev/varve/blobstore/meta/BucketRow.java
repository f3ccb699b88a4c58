package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * A bucket as a row.
 *
 * @param id never given again, so that nothing of a deleted bucket comes back with its name
 * @param revision number of the last change of its settings
 */
record BucketRow(long id, long revision, String owner, Instant created, BucketSettings settings) {
    private static final int FORMAT = 1;

    byte[] encode() {
        BytesOut out = new BytesOut();
        out.octet(FORMAT).number(id).number(revision).text(owner);
        Fields.put(out, created);
        Fields.put(out, settings);
        return out.toBytes();
    }

    static BucketRow decode(byte[] row) {
        return BytesIn.read(
                "the row of a bucket",
                FORMAT,
                ByteBuffer.wrap(row),
                in -> new BucketRow(in.number(), in.number(), in.text(), Fields.time(in), Fields.settings(in)));
    }

    Bucket bucket(String name) {
        return new Bucket(name, owner, created, settings);
    }
}
