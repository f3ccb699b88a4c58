package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A version of an object or a delete marker, as a row. Its extents are written last: listings do not read so far.
 *
 * @param version its number, which is in the row's key
 * @param sequence number of its last change
 * @param isNull whether its id is "null"
 * @param upload number of the upload it was made of; 0 if it was written at once
 * @param partChecksums as many as there are sizes, all of one algorithm, or none
 */
record ObjectRow(
        long version,
        long sequence,
        boolean isNull,
        boolean isDeleteMarker,
        boolean isFile,
        long upload,
        Instant lastModified,
        long size,
        String etag,
        List<Checksum> checksums,
        List<Long> partSizes,
        List<Checksum> partChecksums,
        String owner,
        Map<String, String> headers,
        Map<String, String> metadata,
        Map<String, String> tags,
        Optional<Retention> retention,
        boolean legalHold,
        List<Extent> extents) {
    private static final String WHAT = "the row of an object";
    private static final int FORMAT = 1;

    /** A row with checksums of parts, behind their sizes; all other rows are still of the first format. */
    private static final int PART_CHECKSUMS_FORMAT = 2;

    private static final int NULL = 1;
    private static final int MARKER = 2;
    private static final int FILE = 4;
    private static final int HOLD = 8;
    private static final int RETENTION = 16;
    private static final int ALL_FLAGS = 31;
    private static final int ID_DIGITS = 16;
    private static final HexFormat HEX = HexFormat.of();

    static ObjectRow marker(long version, boolean isNull, Instant time, String owner) {
        return new ObjectRow(
                version,
                version,
                isNull,
                true,
                false,
                0,
                time,
                0,
                "",
                List.of(),
                List.of(),
                List.of(),
                owner,
                Map.of(),
                Map.of(),
                Map.of(),
                Optional.empty(),
                false,
                List.of());
    }

    byte[] encode() {
        int inline = extents.isEmpty() ? 0 : (int) Math.min(extents.getFirst().length(), Extent.MAX_INLINE_BYTES);
        BytesOut out = new BytesOut(256 + inline);
        out.octet(partChecksums.isEmpty() ? FORMAT : PART_CHECKSUMS_FORMAT);
        out.octet((isNull ? NULL : 0)
                | (isDeleteMarker ? MARKER : 0)
                | (isFile ? FILE : 0)
                | (legalHold ? HOLD : 0)
                | (retention.isPresent() ? RETENTION : 0));
        out.number(sequence - version).number(upload);
        Fields.put(out, lastModified);
        out.number(size);
        Fields.putEtag(out, etag);
        Fields.put(out, checksums, (BytesOut to, Checksum checksum) -> Fields.put(to, checksum));
        Fields.put(out, partSizes, BytesOut::number);
        if (!partChecksums.isEmpty()) {
            Fields.put(out, partChecksums.getFirst().algorithm());
            partChecksums.forEach(checksum -> out.raw(checksum.value().duplicate()));
        }
        out.text(owner);
        Fields.put(out, headers);
        Fields.put(out, metadata);
        Fields.put(out, tags);
        retention.ifPresent(present -> Fields.put(out, present));
        Fields.put(out, extents, (BytesOut to, Extent extent) -> Fields.put(to, extent));
        return out.toBytes();
    }

    static ObjectRow decode(long version, byte[] row) {
        return BytesIn.read(
                WHAT,
                PART_CHECKSUMS_FORMAT,
                ByteBuffer.wrap(row),
                in -> head(version, row[0], in).withExtents(Fields.list(in, Fields::extent)));
    }

    /** All but the extents. */
    static ObjectRow decodeHead(long version, byte[] row) {
        return BytesIn.readHead(WHAT, PART_CHECKSUMS_FORMAT, ByteBuffer.wrap(row), in -> head(version, row[0], in));
    }

    static boolean isDeleteMarker(byte[] row) {
        return row.length > 1 && (row[1] & MARKER) != 0;
    }

    private static ObjectRow head(long version, int format, BytesIn in) {
        int flags = in.octet();
        if ((flags & ~ALL_FLAGS) != 0) {
            throw new IllegalArgumentException("flags " + flags);
        }
        long sequence = version + in.number();
        long upload = in.number();
        Instant lastModified = Fields.time(in);
        long size = in.number();
        String etag = Fields.etag(in);
        List<Checksum> checksums = Fields.list(in, Fields::checksum);
        List<Long> partSizes = Fields.list(in, BytesIn::number);
        return new ObjectRow(
                version,
                sequence,
                (flags & NULL) != 0,
                (flags & MARKER) != 0,
                (flags & FILE) != 0,
                upload,
                lastModified,
                size,
                etag,
                checksums,
                partSizes,
                format == PART_CHECKSUMS_FORMAT ? partChecksums(in, partSizes.size()) : List.of(),
                in.text(),
                Fields.pairs(in),
                Fields.pairs(in),
                Fields.pairs(in),
                (flags & RETENTION) != 0 ? Optional.of(Fields.retention(in)) : Optional.empty(),
                (flags & HOLD) != 0,
                List.of());
    }

    private static List<Checksum> partChecksums(BytesIn in, int parts) {
        ChecksumAlgorithm algorithm = Fields.algorithm(in);
        List<Checksum> checksums = new ArrayList<>(parts);
        for (int i = 0; i < parts; i++) {
            checksums.add(new Checksum(algorithm, ByteBuffer.wrap(in.raw(algorithm.bytes())), 0));
        }
        return checksums;
    }

    String versionId() {
        return isNull ? StoredObject.NULL_VERSION : id(version);
    }

    StoredObject object(ObjectKey key, boolean isLatest) {
        return new StoredObject(
                key,
                versionId(),
                sequence,
                isLatest,
                isDeleteMarker,
                lastModified,
                size,
                etag,
                checksums,
                partSizes,
                partChecksums,
                owner,
                headers,
                metadata,
                tags,
                retention,
                legalHold);
    }

    ObjectRow withTags(long changeSequence, Map<String, String> changed) {
        return with(changeSequence, changed, retention, legalHold, extents);
    }

    ObjectRow withRetention(long changeSequence, Optional<Retention> changed) {
        return with(changeSequence, tags, changed, legalHold, extents);
    }

    ObjectRow withLegalHold(long changeSequence, boolean changed) {
        return with(changeSequence, tags, retention, changed, extents);
    }

    ObjectRow withExtents(List<Extent> changed) {
        return with(sequence, tags, retention, legalHold, changed);
    }

    private ObjectRow with(
            long newSequence,
            Map<String, String> newTags,
            Optional<Retention> newRetention,
            boolean newHold,
            List<Extent> newExtents) {
        return new ObjectRow(
                version,
                newSequence,
                isNull,
                isDeleteMarker,
                isFile,
                upload,
                lastModified,
                size,
                etag,
                checksums,
                partSizes,
                partChecksums,
                owner,
                headers,
                metadata,
                newTags,
                newRetention,
                newHold,
                newExtents);
    }

    /** A number of a shard as callers see it, as the id of a version or an upload. */
    static String id(long number) {
        return HEX.toHexDigits(number);
    }

    /** The number that an id stands for; empty if it is not one. */
    static OptionalLong number(String id) {
        if (id.length() != ID_DIGITS || !id.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(HexFormat.fromHexDigitsToLong(id));
    }
}
