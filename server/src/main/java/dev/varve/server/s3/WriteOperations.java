package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Objects on their way in: PUT and copies. */
final class WriteOperations {
    /** Larger ones are copied in parts. */
    private static final long MOST_COPY_BYTES = 5L << 30;

    private final ObjectStore objects;
    private final Access access;
    private final InstantSource clock;

    WriteOperations(ObjectStore objects, Access access, InstantSource clock) {
        this.objects = objects;
        this.access = access;
        this.clock = clock;
    }

    void put(S3Call call) {
        PutBody body = call.body();
        ObjectWrite write = WriteHeaders.write(call, Conditions.ofWrite(call.request()), clock.instant());
        if (!body.hasDigest() && (write.retention().isPresent() || write.legalHold())) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock"
                            + " parameters");
        }
        StoredObject stored = objects.put(write, body);
        call.header("ETag", "\"" + stored.etag() + "\"");
        describe(call, stored);
        call.empty(200);
    }

    /** Headers about what was written. */
    static void describe(S3Call call, StoredObject stored) {
        ReadOperations.newVersion(call, stored);
        stored.checksums().forEach(checksum -> {
            call.header(Checksums.header(checksum.algorithm()), Checksums.text(checksum));
            call.header("x-amz-checksum-type", Checksums.type(checksum));
        });
        Expiry.header(call.bucket(), stored).ifPresent(value -> call.header("x-amz-expiration", value));
    }

    /** The version that a copy reads, after its conditions have been met. */
    static StoredObject source(ObjectStore objects, Access access, S3Call call, CopySource source) {
        access.admitSource(call.request(), call.caller(), source);
        StoredObject object = objects.find(source.bucket(), source.key(), source.versionId())
                .orElseThrow(() -> source.versionId().isPresent()
                        ? new S3Exception(S3Code.NO_SUCH_VERSION, "The specified version does not exist.")
                        : new S3Exception(S3Code.NO_SUCH_KEY, "The specified key does not exist."));
        if (object.isDeleteMarker()) {
            throw source.versionId().isPresent()
                    ? new S3Exception(
                            S3Code.INVALID_REQUEST,
                            "The source of a copy request may not specifically refer to a delete marker by version id.")
                    : new S3Exception(S3Code.NO_SUCH_KEY, "The specified key does not exist.");
        }
        if (Conditions.judge(call.request(), "x-amz-copy-source-", object) != Conditions.Outcome.GO_ON) {
            throw Conditions.failed();
        }
        return object;
    }

    void copy(S3Call call) {
        S3Request request = call.request();
        CopySource source = CopySource.of(request);
        StoredObject from = source(objects, access, call, source);
        if (from.size() > MOST_COPY_BYTES) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "The specified copy source is larger than the maximum allowable size for a copy source: "
                            + MOST_COPY_BYTES);
        }
        boolean isReplacing = directive(request, "x-amz-metadata-directive");
        boolean isRetagging = directive(request, "x-amz-tagging-directive");
        ObjectWrite write = WriteHeaders.write(call, Conditions.ofWrite(request), clock.instant());
        Bucket bucket = call.bucket();
        if (isItself(call, source)
                && !isReplacing
                && !isRetagging
                && CannedAcl.of(request).isEmpty()) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "This copy request is illegal because it is trying to copy an object to itself without changing the"
                            + " object's metadata, storage class, website redirect location or encryption attributes.");
        }
        ObjectWrite complete = new ObjectWrite(
                bucket.name(),
                write.key(),
                write.owner(),
                isReplacing ? write.headers() : headers(from, write),
                isReplacing ? write.metadata() : from.metadata(),
                isRetagging ? write.tags() : from.tags(),
                write.retention(),
                write.legalHold(),
                write.condition(),
                false);
        Optional<ChecksumAlgorithm> checksum =
                request.header("x-amz-checksum-algorithm").map(Checksums::known);
        StoredObject stored = objects.copy(source.bucket(), from, complete, checksum);
        describe(call, stored);
        source.versionId()
                .or(() -> Optional.of(from.versionId()).filter(id -> !id.equals(StoredObject.NULL_VERSION)))
                .ifPresent(id -> call.header("x-amz-copy-source-version-id", id));
        XmlText xml = XmlText.of("CopyObjectResult")
                .time("LastModified", stored.lastModified())
                .text("ETag", "\"" + stored.etag() + "\"");
        Checksums.write(xml, stored.checksums());
        call.xml(xml.end("CopyObjectResult"));
    }

    /** The source's headers, but not who may read it. */
    private static Map<String, String> headers(StoredObject from, ObjectWrite write) {
        Map<String, String> headers = new HashMap<>(from.headers());
        headers.remove(CannedAcl.HEADER);
        if (write.headers().containsKey(CannedAcl.HEADER)) {
            headers.put(CannedAcl.HEADER, write.headers().get(CannedAcl.HEADER));
        }
        return headers;
    }

    private static boolean isItself(S3Call call, CopySource source) {
        return source.bucket().equals(call.bucketName())
                && source.key().equals(call.key())
                && source.versionId().isEmpty();
    }

    /** Whether what comes with the request replaces what the source has. */
    private static boolean directive(S3Request request, String header) {
        return switch (request.header(header).orElse("COPY")) {
            case "COPY" -> false;
            case "REPLACE" -> true;
            default -> throw S3Exception.invalidArgument(header + " must be COPY or REPLACE");
        };
    }

    /** A list that an object has already can be set again; others cannot yet be changed. */
    void putAcl(S3Call call) {
        CannedAcl wanted = CannedAcl.of(call.request())
                .orElseThrow(() -> new S3Exception(S3Code.NOT_IMPLEMENTED, "There are no grants here yet."));
        StoredObject object = ReadOperations.found(objects, call);
        if (CannedAcl.of(call.bucket(), object) != wanted) {
            throw new S3Exception(
                    S3Code.NOT_IMPLEMENTED,
                    "The access control list of an object cannot be changed yet; write or copy it with x-amz-acl.");
        }
        call.empty(200);
    }
}
