package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Objects and what is known of them, on their way out. */
final class ReadOperations {
    private static final int MOST_PARTS = 1000;
    private static final String DEFAULT_TYPE = "binary/octet-stream";
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final List<String> OVERRIDES = List.of(
            "content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding");

    private final ObjectStore objects;
    private final SendBuffers buffers = new SendBuffers();

    ReadOperations(ObjectStore objects) {
        this.objects = objects;
    }

    /** The version that a request is about; refuses delete markers, saying that there is one. */
    static StoredObject found(ObjectStore objects, S3Call call) {
        Optional<String> version = call.versionId();
        StoredObject object = objects.find(call.bucketName(), call.key(), version)
                .orElseThrow(() -> version.isPresent()
                        ? new S3Exception(S3Code.NO_SUCH_VERSION, "The specified version does not exist.")
                        : new S3Exception(
                                S3Code.NO_SUCH_KEY,
                                "The specified key does not exist.",
                                Map.of("x-amz-delete-marker", "false")));
        if (!object.isDeleteMarker()) {
            return object;
        }
        Map<String, String> headers = Map.of("x-amz-delete-marker", "true", "x-amz-version-id", object.versionId());
        throw version.isPresent()
                ? new S3Exception(
                        S3Code.METHOD_NOT_ALLOWED,
                        "The specified method is not allowed against this resource.",
                        headers)
                : new S3Exception(S3Code.NO_SUCH_KEY, "The specified key does not exist.", headers);
    }

    void get(S3Call call) throws IOException {
        S3Request request = call.request();
        StoredObject object = found(objects, call);
        switch (Conditions.judge(request, "", object)) {
            case FAILED -> throw Conditions.failed();
            case NOT_MODIFIED -> {
                validators(call, object);
                call.empty(304);
                return;
            }
            case GO_ON -> {
                // As asked.
            }
        }
        OptionalInt part = part(request, object);
        Optional<ByteRange> range = part.isPresent()
                ? Optional.of(rangeOf(object, part.getAsInt()))
                : Optional.of(request)
                        .filter(asked -> Conditions.rangeHolds(asked, object))
                        .flatMap(asked -> asked.header("range"))
                        .flatMap(header -> ByteRange.of(header, object.size()));
        describe(call, object);
        if (part.isPresent() && !object.partSizes().isEmpty()) {
            call.header(
                    "x-amz-mp-parts-count", Integer.toString(object.partSizes().size()));
        }
        if (part.isPresent() || range.isEmpty()) {
            checksums(call, object, part);
        }
        overrides(call);
        ByteRange sent = range.orElse(new ByteRange(0, object.size()));
        int status = range.isPresent() ? 206 : 200;
        if (range.isPresent() && object.size() > 0) {
            call.header("Content-Range", sent.contentRange(object.size()));
        }
        if (call.operation() == Operation.HEAD_OBJECT) {
            call.headOnly(status, sent.length());
        } else if (sent.length() == 0) {
            call.headOnly(status, 0);
        } else {
            send(call, object, sent, status);
        }
    }

    private void send(S3Call call, StoredObject object, ByteRange range, int status) throws IOException {
        try (ObjectReader reader = objects.open(call.bucketName(), object)) {
            S3Call.Sink sink = call.sink(status, range.length());
            long done = 0;
            while (done < range.length()) {
                int count = (int) Math.min(SendBuffers.BYTES, range.length() - done);
                ByteBuffer buffer = buffers.take().limit(count);
                int taken;
                try {
                    // The first bytes are read before the answer begins, so that damage there still can be told.
                    reader.read(range.offset() + done, buffer);
                    sink.offer(buffer.flip());
                    taken = buffer.position();
                } finally {
                    buffers.give(buffer);
                }
                done += taken;
                if (taken < count) {
                    sink.await();
                }
            }
            sink.end();
        }
    }

    /** The part that a request asks for by its number; an object written at once is its own first part. */
    private static OptionalInt part(S3Request request, StoredObject object) {
        Optional<String> text = request.query().find("partNumber");
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (request.header("range").isPresent()) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST, "Cannot specify both Range header and partNumber query parameter");
        }
        int number;
        try {
            number = Integer.parseInt(text.get());
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument("Part number must be an integer between 1 and 10000, inclusive");
        }
        if (number < 1 || number > 10_000) {
            throw S3Exception.invalidArgument("Part number must be an integer between 1 and 10000, inclusive");
        }
        if (number > Math.max(1, object.partSizes().size())) {
            throw new S3Exception(S3Code.INVALID_PART, "The requested partnumber is not satisfiable");
        }
        return OptionalInt.of(number);
    }

    private static ByteRange rangeOf(StoredObject object, int part) {
        List<Long> sizes = object.partSizes().isEmpty() ? List.of(object.size()) : object.partSizes();
        long offset =
                sizes.subList(0, part - 1).stream().mapToLong(Long::longValue).sum();
        return new ByteRange(offset, sizes.get(part - 1));
    }

    private static void validators(S3Call call, StoredObject object) {
        call.header("ETag", "\"" + object.etag() + "\"");
        call.header("Last-Modified", httpDate(object.lastModified()));
        version(call, object);
        object.headers().forEach((name, value) -> {
            if (name.equals("cache-control") || name.equals("expires")) {
                call.header(name, value);
            }
        });
    }

    /** Versions are told in buckets that have them. */
    static void version(S3Call call, StoredObject object) {
        if (call.bucket().settings().versioning() != Versioning.OFF) {
            call.header("x-amz-version-id", object.versionId());
        }
    }

    /** Of a write, only what can be asked for by its own id. */
    static void newVersion(S3Call call, StoredObject stored) {
        if (call.bucket().settings().versioning() == Versioning.ENABLED) {
            call.header("x-amz-version-id", stored.versionId());
        }
    }

    private static void describe(S3Call call, StoredObject object) {
        call.header("Accept-Ranges", "bytes");
        call.header("Content-Type", DEFAULT_TYPE);
        object.headers().forEach((name, value) -> {
            if (!name.equals(CannedAcl.HEADER)) {
                call.header(name, value);
            }
        });
        validators(call, object);
        object.metadata().forEach((name, value) -> call.header("x-amz-meta-" + name, value));
        if (!object.tags().isEmpty()) {
            call.header("x-amz-tagging-count", Integer.toString(object.tags().size()));
        }
        object.retention().ifPresent(retention -> {
            call.header("x-amz-object-lock-mode", retention.mode().name());
            call.header("x-amz-object-lock-retain-until-date", LockOperations.time(retention.until()));
        });
        if (object.legalHold()) {
            call.header("x-amz-object-lock-legal-hold", "ON");
        }
        if (object.isLatest()) {
            Expiry.header(call.bucket(), object).ifPresent(value -> call.header("x-amz-expiration", value));
        }
    }

    /** If asked for: those of one part, or of the object; the type is the object's in both cases. */
    private static void checksums(S3Call call, StoredObject object, OptionalInt part) {
        boolean isAsked = call.request()
                .header("x-amz-checksum-mode")
                .filter("ENABLED"::equalsIgnoreCase)
                .isPresent();
        if (!isAsked) {
            return;
        }
        List<Checksum> told = object.checksums();
        if (part.isPresent() && !object.partSizes().isEmpty()) {
            told = object.partChecksums().isEmpty()
                    ? List.of()
                    : List.of(object.partChecksums().get(part.getAsInt() - 1));
        }
        for (Checksum checksum : told) {
            call.header(Checksums.header(checksum.algorithm()), Checksums.text(checksum));
            call.header("x-amz-checksum-type", Checksums.type(object.checksums().getFirst()));
        }
    }

    private static void overrides(S3Call call) {
        for (String name : OVERRIDES) {
            call.request().query().find("response-" + name).ifPresent(value -> {
                if (call.caller().isAnonymous()) {
                    throw new S3Exception(
                            S3Code.INVALID_REQUEST,
                            "Request specific response headers cannot be used for anonymous GET requests.");
                }
                call.header(name, value);
            });
        }
    }

    static String httpDate(Instant time) {
        return HTTP_DATE.format(time);
    }

    void acl(S3Call call) {
        StoredObject object = found(objects, call);
        version(call, object);
        call.xml(CannedAcl.of(call.bucket(), object).xml(object.owner()));
    }

    void attributes(S3Call call) {
        S3Request request = call.request();
        List<String> asked = request.values("x-amz-object-attributes").stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .toList();
        if (asked.isEmpty()
                || !List.of("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
                        .containsAll(asked)) {
            throw S3Exception.invalidArgument("x-amz-object-attributes is missing or names an unknown attribute");
        }
        StoredObject object = found(objects, call);
        call.header("Last-Modified", httpDate(object.lastModified()));
        version(call, object);
        XmlText xml = XmlText.of("GetObjectAttributesResponse");
        if (asked.contains("ETag")) {
            xml.text("ETag", object.etag());
        }
        if (asked.contains("Checksum") && !object.checksums().isEmpty()) {
            xml.open("Checksum");
            Checksums.write(xml, object.checksums());
            xml.text("ChecksumType", Checksums.type(object.checksums().getFirst()))
                    .close("Checksum");
        }
        if (asked.contains("ObjectParts") && !object.partSizes().isEmpty()) {
            parts(xml, request, object);
        }
        if (asked.contains("StorageClass")) {
            xml.text("StorageClass", "STANDARD");
        }
        if (asked.contains("ObjectSize")) {
            xml.number("ObjectSize", object.size());
        }
        call.xml(xml.end("GetObjectAttributesResponse"));
    }

    private static void parts(XmlText xml, S3Request request, StoredObject object) {
        int most = number(request, "x-amz-max-parts", MOST_PARTS);
        int after = number(request, "x-amz-part-number-marker", 0);
        List<Long> sizes = object.partSizes();
        int end = Math.min(sizes.size(), after + most);
        xml.open("ObjectParts")
                .number("PartsCount", sizes.size())
                .number("PartNumberMarker", after)
                .number("NextPartNumberMarker", end)
                .number("MaxParts", most)
                .flag("IsTruncated", end < sizes.size());
        for (int i = after; i < end; i++) {
            xml.open("Part").number("PartNumber", i + 1).number("Size", sizes.get(i));
            if (!object.partChecksums().isEmpty()) {
                Checksums.write(xml, List.of(object.partChecksums().get(i)));
            }
            xml.close("Part");
        }
        xml.close("ObjectParts");
    }

    private static int number(S3Request request, String header, int absent) {
        try {
            int number = request.header(header).map(Integer::parseInt).orElse(absent);
            if (number >= 0) {
                return Math.min(number, 10_000);
            }
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument(header + " is not a whole number");
        }
        throw S3Exception.invalidArgument(header + " is negative");
    }
}
