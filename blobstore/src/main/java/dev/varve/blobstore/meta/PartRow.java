package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.Upload;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/**
 * A part of an upload as a row.
 *
 * @param number which is in the row's key
 */
record PartRow(
        int number, Instant lastModified, long size, String etag, List<Checksum> checksums, List<Extent> extents) {
    private static final int FORMAT = 1;

    byte[] encode() {
        BytesOut out = new BytesOut();
        out.octet(FORMAT);
        Fields.put(out, lastModified);
        out.number(size);
        Fields.putEtag(out, etag);
        Fields.put(out, checksums, (BytesOut to, Checksum checksum) -> Fields.put(to, checksum));
        Fields.put(out, extents, (BytesOut to, Extent extent) -> Fields.put(to, extent));
        return out.toBytes();
    }

    static PartRow decode(int number, byte[] row) {
        return BytesIn.read(
                "the row of a part",
                FORMAT,
                ByteBuffer.wrap(row),
                in -> new PartRow(
                        number,
                        Fields.time(in),
                        in.number(),
                        Fields.etag(in),
                        Fields.list(in, Fields::checksum),
                        Fields.list(in, Fields::extent)));
    }

    Upload.Part part() {
        return new Upload.Part(number, size, etag, lastModified, checksums);
    }
}
