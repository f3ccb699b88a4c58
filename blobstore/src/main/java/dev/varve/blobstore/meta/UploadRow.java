package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Upload;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;

/**
 * An upload as a row.
 *
 * @param number which is in the row's key
 */
record UploadRow(
        long number, Instant begun, ObjectWrite write, Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
    private static final int FORMAT = 1;

    byte[] encode() {
        BytesOut out = new BytesOut();
        out.octet(FORMAT);
        Fields.put(out, begun);
        Fields.put(out, write);
        Fields.put(out, checksum, (BytesOut to, ChecksumAlgorithm algorithm) -> Fields.put(to, algorithm));
        out.flag(isComposite);
        return out.toBytes();
    }

    static UploadRow decode(long number, byte[] row) {
        return BytesIn.read(
                "the row of an upload",
                FORMAT,
                ByteBuffer.wrap(row),
                in -> new UploadRow(
                        number, Fields.time(in), Fields.write(in), Fields.optional(in, Fields::algorithm), in.flag()));
    }

    Upload upload() {
        return new Upload(ObjectRow.id(number), write, begun, checksum, isComposite);
    }
}
