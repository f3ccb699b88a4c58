package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Retention;

/** How operations are written in a batch: a number for the kind, then its fields. */
final class OpCodec {
    private static final int CREATE_BUCKET = 1;
    private static final int CHANGE_BUCKET = 2;
    private static final int DELETE_BUCKET = 3;
    private static final int CHANGE_OBJECTS = 4;
    private static final int CREATE_UPLOAD = 5;
    private static final int PUT_PART = 6;
    private static final int COMPLETE_UPLOAD = 7;
    private static final int ABORT_UPLOAD = 8;
    private static final int SET_TAGS = 9;
    private static final int SET_RETENTION = 10;
    private static final int SET_LEGAL_HOLD = 11;
    private static final int EXPIRE = 12;
    private static final int RAISE_FLOOR = 13;
    private static final int EMPTY_TRASH = 14;

    private static final int PUT = 1;
    private static final int DELETE = 2;

    private OpCodec() {}

    static void put(BytesOut out, MetaOp<?> op) {
        switch (op) {
            case MetaOp.CreateBucket create -> {
                out.octet(CREATE_BUCKET).text(create.bucket()).text(create.owner());
                Fields.put(out, create.settings());
            }
            case MetaOp.ChangeBucket change -> {
                out.octet(CHANGE_BUCKET).text(change.bucket()).number(change.revision());
                Fields.put(out, change.settings());
            }
            case MetaOp.DeleteBucket delete -> out.octet(DELETE_BUCKET).text(delete.bucket());
            case MetaOp.ChangeObjects change -> {
                out.octet(CHANGE_OBJECTS).text(change.bucket());
                Fields.put(out, change.changes(), OpCodec::putChange);
            }
            case MetaOp.CreateUpload create -> {
                out.octet(CREATE_UPLOAD);
                Fields.put(out, create.write());
                Fields.put(
                        out,
                        create.checksum(),
                        (BytesOut to, ChecksumAlgorithm algorithm) -> Fields.put(to, algorithm));
                out.flag(create.isComposite());
            }
            case MetaOp.PutPart part -> {
                out.octet(PUT_PART).text(part.bucket());
                Fields.put(out, part.key());
                out.text(part.uploadId()).signed(part.number()).number(part.size());
                Fields.putEtag(out, part.etag());
                Fields.put(out, part.checksums(), (BytesOut to, Checksum checksum) -> Fields.put(to, checksum));
                Fields.put(out, part.extents(), (BytesOut to, Extent extent) -> Fields.put(to, extent));
                out.number(part.gcBirth());
            }
            case MetaOp.CompleteUpload complete -> {
                out.octet(COMPLETE_UPLOAD).text(complete.bucket());
                Fields.put(out, complete.key());
                out.text(complete.uploadId());
                Fields.put(out, complete.completion());
            }
            case MetaOp.AbortUpload abort -> {
                out.octet(ABORT_UPLOAD).text(abort.bucket());
                Fields.put(out, abort.key());
                out.text(abort.uploadId());
            }
            case MetaOp.SetTags set -> {
                out.octet(SET_TAGS).text(set.bucket());
                Fields.put(out, set.key());
                Fields.put(out, set.versionId(), BytesOut::text);
                Fields.put(out, set.tags());
            }
            case MetaOp.SetRetention set -> {
                out.octet(SET_RETENTION).text(set.bucket());
                Fields.put(out, set.key());
                Fields.put(out, set.versionId(), BytesOut::text);
                Fields.put(out, set.retention(), (BytesOut to, Retention retention) -> Fields.put(to, retention));
                out.flag(set.bypassGovernance());
            }
            case MetaOp.SetLegalHold set -> {
                out.octet(SET_LEGAL_HOLD).text(set.bucket());
                Fields.put(out, set.key());
                Fields.put(out, set.versionId(), BytesOut::text);
                out.flag(set.isOn());
            }
            case MetaOp.Expire expire -> {
                out.octet(EXPIRE).text(expire.bucket());
                Fields.put(out, expire.expiries(), (BytesOut to, MetaOp.Expiry expiry) -> {
                    Fields.put(to, expiry.key());
                    to.text(expiry.versionId()).number(expiry.sequence());
                    to.octet(number(expiry.kind()));
                });
            }
            case MetaOp.RaiseFloor(int shard, long floor) ->
                out.octet(RAISE_FLOOR).number(shard).number(floor);
            case MetaOp.EmptyTrash empty -> {
                out.octet(EMPTY_TRASH).number(empty.shard());
                Fields.put(
                        out,
                        empty.chunks(),
                        (BytesOut to, MetaOp.TrashId id) ->
                                to.number(id.epoch()).fixed64(id.high()).fixed64(id.low()));
            }
        }
    }

    static MetaOp<?> op(BytesIn in) {
        int kind = in.octet();
        return switch (kind) {
            case CREATE_BUCKET -> new MetaOp.CreateBucket(in.text(), in.text(), Fields.settings(in));
            case CHANGE_BUCKET -> new MetaOp.ChangeBucket(in.text(), in.number(), Fields.settings(in));
            case DELETE_BUCKET -> new MetaOp.DeleteBucket(in.text());
            case CHANGE_OBJECTS -> new MetaOp.ChangeObjects(in.text(), Fields.list(in, OpCodec::change));
            case CREATE_UPLOAD ->
                new MetaOp.CreateUpload(Fields.write(in), Fields.optional(in, Fields::algorithm), in.flag());
            case PUT_PART ->
                new MetaOp.PutPart(
                        in.text(),
                        Fields.key(in),
                        in.text(),
                        Math.toIntExact(in.signed()),
                        in.number(),
                        Fields.etag(in),
                        Fields.list(in, Fields::checksum),
                        Fields.list(in, Fields::extent),
                        in.number());
            case COMPLETE_UPLOAD ->
                new MetaOp.CompleteUpload(in.text(), Fields.key(in), in.text(), Fields.completion(in));
            case ABORT_UPLOAD -> new MetaOp.AbortUpload(in.text(), Fields.key(in), in.text());
            case SET_TAGS ->
                new MetaOp.SetTags(in.text(), Fields.key(in), Fields.optional(in, BytesIn::text), Fields.pairs(in));
            case SET_RETENTION ->
                new MetaOp.SetRetention(
                        in.text(),
                        Fields.key(in),
                        Fields.optional(in, BytesIn::text),
                        Fields.optional(in, Fields::retention),
                        in.flag());
            case SET_LEGAL_HOLD ->
                new MetaOp.SetLegalHold(in.text(), Fields.key(in), Fields.optional(in, BytesIn::text), in.flag());
            case EXPIRE ->
                new MetaOp.Expire(
                        in.text(),
                        Fields.list(
                                in,
                                from -> new MetaOp.Expiry(
                                        Fields.key(from), from.text(), from.number(), expiryKind(from))));
            case RAISE_FLOOR -> new MetaOp.RaiseFloor(in.smallNumber(), in.number());
            case EMPTY_TRASH ->
                new MetaOp.EmptyTrash(
                        in.smallNumber(),
                        Fields.list(in, from -> new MetaOp.TrashId(from.number(), from.fixed64(), from.fixed64())));
            default -> throw new IllegalArgumentException("an operation of kind " + kind);
        };
    }

    private static void putChange(BytesOut out, MetaOp.ObjectChange change) {
        switch (change) {
            case MetaOp.Put put -> {
                out.octet(PUT);
                Fields.put(out, put.write());
                out.number(put.size());
                Fields.putEtag(out, put.etag());
                Fields.put(out, put.checksums(), (BytesOut to, Checksum checksum) -> Fields.put(to, checksum));
                Fields.put(out, put.partSizes(), BytesOut::number);
                Fields.put(out, put.extents(), (BytesOut to, Extent extent) -> Fields.put(to, extent));
                out.number(put.gcBirth());
            }
            case MetaOp.Delete delete -> {
                out.octet(DELETE);
                Fields.put(out, delete.key());
                Fields.put(out, delete.versionId(), BytesOut::text);
                Fields.put(out, delete.condition());
                out.flag(delete.bypassGovernance());
            }
        }
    }

    private static MetaOp.ObjectChange change(BytesIn in) {
        int kind = in.octet();
        return switch (kind) {
            case PUT ->
                new MetaOp.Put(
                        Fields.write(in),
                        in.number(),
                        Fields.etag(in),
                        Fields.list(in, Fields::checksum),
                        Fields.list(in, BytesIn::number),
                        Fields.list(in, Fields::extent),
                        in.number());
            case DELETE ->
                new MetaOp.Delete(Fields.key(in), Fields.optional(in, BytesIn::text), Fields.condition(in), in.flag());
            default -> throw new IllegalArgumentException("a change of kind " + kind);
        };
    }

    private static int number(MetaOp.Expiry.Kind kind) {
        return switch (kind) {
            case CURRENT -> 1;
            case NONCURRENT -> 2;
            case MARKER -> 3;
        };
    }

    private static MetaOp.Expiry.Kind expiryKind(BytesIn in) {
        int number = in.octet();
        return switch (number) {
            case 1 -> MetaOp.Expiry.Kind.CURRENT;
            case 2 -> MetaOp.Expiry.Kind.NONCURRENT;
            case 3 -> MetaOp.Expiry.Kind.MARKER;
            default -> throw new IllegalArgumentException("an expiry of kind " + number);
        };
    }
}
