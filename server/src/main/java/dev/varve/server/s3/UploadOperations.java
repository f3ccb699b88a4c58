package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Objects that come in parts. */
final class UploadOperations {
    private final ObjectStore objects;
    private final Access access;
    private final InstantSource clock;

    UploadOperations(ObjectStore objects, Access access, InstantSource clock) {
        this.objects = objects;
        this.access = access;
        this.clock = clock;
    }

    private static String uploadId(S3Call call) {
        return call.request().query().text("uploadId");
    }

    void create(S3Call call) {
        S3Request request = call.request();
        ObjectWrite write = WriteHeaders.write(call, Condition.NONE, clock.instant());
        Optional<ChecksumAlgorithm> checksum =
                request.header("x-amz-checksum-algorithm").map(Checksums::known);
        Optional<String> type = request.header("x-amz-checksum-type");
        if (type.isPresent() && checksum.isEmpty()) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
        }
        boolean isComposite = checksum.isPresent() && isComposite(checksum.get(), type);
        Upload upload = objects.createUpload(write, checksum, isComposite);
        checksum.ifPresent(algorithm -> {
            call.header("x-amz-checksum-algorithm", algorithm.name());
            call.header("x-amz-checksum-type", isComposite ? "COMPOSITE" : "FULL_OBJECT");
        });
        call.xml(XmlText.of("InitiateMultipartUploadResult")
                .text("Bucket", call.bucketName())
                .text("Key", call.key().text())
                .text("UploadId", upload.id())
                .end("InitiateMultipartUploadResult"));
    }

    private static boolean isComposite(ChecksumAlgorithm algorithm, Optional<String> type) {
        boolean isComposite = switch (type.orElse("")) {
            case "" -> algorithm != ChecksumAlgorithm.CRC64NVME;
            case "COMPOSITE" -> true;
            case "FULL_OBJECT" -> false;
            default -> throw S3Exception.invalidArgument("x-amz-checksum-type must be COMPOSITE or FULL_OBJECT");
        };
        if (isComposite ? algorithm == ChecksumAlgorithm.CRC64NVME : !algorithm.isLinear()) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "The " + type.orElse("") + " checksum type cannot be used with the " + algorithm
                            + " checksum algorithm.");
        }
        return isComposite;
    }

    private static int partNumber(S3Call call) {
        try {
            int number = Integer.parseInt(call.request().query().text("partNumber"));
            if (number >= 1 && number <= Upload.MOST_PARTS) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw invalidNumber();
        }
        throw invalidNumber();
    }

    private static S3Exception invalidNumber() {
        return S3Exception.invalidArgument(
                "Part number must be an integer between 1 and " + Upload.MOST_PARTS + ", inclusive");
    }

    void part(S3Call call) {
        int number = partNumber(call);
        WriteHeaders.refuse(call.request());
        Upload.Part part = objects.putPart(call.bucketName(), call.key(), uploadId(call), number, call.body());
        call.header("ETag", "\"" + part.etag() + "\"");
        part.checksums()
                .forEach(checksum -> call.header(Checksums.header(checksum.algorithm()), Checksums.text(checksum)));
        call.empty(200);
    }

    void copyPart(S3Call call) {
        S3Request request = call.request();
        int number = partNumber(call);
        CopySource source = CopySource.of(request);
        StoredObject from = WriteOperations.source(objects, access, call, source);
        ByteRange range = request.header("x-amz-copy-source-range")
                .map(header -> ByteRange.ofCopy(header, from.size()))
                .orElse(new ByteRange(0, from.size()));
        Upload.Part part = objects.copyPart(
                call.bucketName(),
                call.key(),
                uploadId(call),
                number,
                source.bucket(),
                from,
                range.offset(),
                range.length());
        if (!from.versionId().equals(StoredObject.NULL_VERSION)) {
            call.header("x-amz-copy-source-version-id", from.versionId());
        }
        XmlText xml = XmlText.of("CopyPartResult")
                .time("LastModified", part.lastModified())
                .text("ETag", "\"" + part.etag() + "\"");
        Checksums.write(xml, part.checksums());
        call.xml(xml.end("CopyPartResult"));
    }

    void complete(S3Call call) throws IOException {
        S3Request request = call.request();
        // The checksum headers are of the object, not of this body.
        XmlElement document = call.xmlOfParts();
        List<Upload.PartName> parts = new ArrayList<>();
        for (XmlElement part : document.all("Part")) {
            int number = number(part.required("PartNumber"));
            if (!parts.isEmpty() && parts.getLast().number() == number) {
                // Sent again: the last one counts, as it does for parts themselves.
                parts.removeLast();
            }
            parts.add(new Upload.PartName(
                    number, Conditions.unquoted(part.required("ETag").strip()), Checksums.of(part)));
        }
        if (parts.isEmpty() || parts.size() > Upload.MOST_PARTS) {
            throw S3Exception.malformedXml("An upload is completed of 1 to " + Upload.MOST_PARTS + " parts.");
        }
        Optional<Long> size = request.header("x-amz-mp-object-size").map(UploadOperations::size);
        StoredObject stored = objects.completeUpload(
                call.bucketName(),
                call.key(),
                uploadId(call),
                new Upload.Completion(parts, Conditions.ofWrite(request), size, Checksums.of(request)));
        ReadOperations.newVersion(call, stored);
        Expiry.header(call.bucket(), stored).ifPresent(value -> call.header("x-amz-expiration", value));
        XmlText xml = XmlText.of("CompleteMultipartUploadResult")
                .text(
                        "Location",
                        "http://" + request.exchange().getHostAndPort() + "/" + call.bucketName() + "/"
                                + PercentCoding.encodePath(call.key().bytes()))
                .text("Bucket", call.bucketName())
                .text("Key", call.key().text())
                .text("ETag", "\"" + stored.etag() + "\"");
        Checksums.write(xml, stored.checksums());
        stored.checksums().stream()
                .findFirst()
                .ifPresent(checksum -> xml.text("ChecksumType", Checksums.type(checksum)));
        call.xml(xml.end("CompleteMultipartUploadResult"));
    }

    private static int number(String text) {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= 1 && number <= Upload.MOST_PARTS) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw S3Exception.malformedXml("A part number is not a whole number.");
        }
        throw invalidNumber();
    }

    private static long size(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument("x-amz-mp-object-size is not a whole number");
        }
    }

    void abort(S3Call call) {
        objects.abortUpload(call.bucketName(), call.key(), uploadId(call));
        call.empty(204);
    }
}
