package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.blobstore.object.Upload;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Listings of objects, versions, uploads and parts. */
final class ListOperations {
    private static final int MOST_KEYS = 1000;
    private static final String STORAGE_CLASS = "STANDARD";

    private final ObjectStore objects;

    ListOperations(ObjectStore objects) {
        this.objects = objects;
    }

    /** What all listings take. */
    private record Asked(S3Call call, boolean isUrlCoded, int most, String prefix, Optional<String> delimiter) {
        static Asked of(S3Call call, String mostName) {
            Query query = call.request().query();
            Optional<String> encoding = query.find("encoding-type").filter(type -> !type.isEmpty());
            if (encoding.isPresent() && !encoding.get().equals("url")) {
                throw S3Exception.invalidArgument("Invalid Encoding Method specified in Request");
            }
            return new Asked(
                    call,
                    encoding.isPresent(),
                    query.number(mostName, MOST_KEYS, MOST_KEYS),
                    query.text("prefix"),
                    query.find("delimiter").filter(delimiter -> !delimiter.isEmpty()));
        }

        String coded(String text) {
            return isUrlCoded ? PercentCoding.encodePath(text.getBytes(StandardCharsets.UTF_8)) : text;
        }

        ListRequest request(ObjectKey.Prefix after, Optional<String> afterVersion) {
            return new ListRequest(
                    call.bucketName(), ObjectKey.Prefix.of(prefix), delimiter, after, afterVersion, most);
        }

        void head(XmlText xml) {
            xml.text("Prefix", coded(prefix));
            tail(xml);
        }

        /**
         * For the first version of listings, in which some clients decode the prefix and some do not: it is coded only
         * if it has to be.
         */
        void headV1(XmlText xml) {
            boolean mustBeCoded = prefix.chars().anyMatch(next -> next == '%' || next == '+' || !isXml(next));
            xml.text("Prefix", mustBeCoded ? coded(prefix) : prefix);
            tail(xml);
        }

        private static boolean isXml(int letter) {
            return letter >= ' ' ? letter < 0xFFFE : letter == '\t' || letter == '\n' || letter == '\r';
        }

        private void tail(XmlText xml) {
            delimiter.ifPresent(text -> xml.text("Delimiter", coded(text)));
            if (isUrlCoded) {
                xml.text("EncodingType", "url");
            }
        }

        void prefixes(XmlText xml, List<ObjectKey.Prefix> prefixes) {
            for (ObjectKey.Prefix common : prefixes) {
                xml.open("CommonPrefixes").text("Prefix", coded(common.text())).close("CommonPrefixes");
            }
        }
    }

    void objects(S3Call call) {
        Query query = call.request().query();
        String type = query.text("list-type");
        if (type.equals("2")) {
            objectsV2(call, Asked.of(call, "max-keys"));
        } else if (type.isEmpty()) {
            objectsV1(call, Asked.of(call, "max-keys"));
        } else {
            throw S3Exception.invalidArgument("Invalid List Type specified in Request");
        }
    }

    private Listing list(Asked asked, ObjectKey.Prefix after) {
        return asked.most() == 0
                ? new Listing(List.of(), List.of(), Optional.empty(), Optional.empty())
                : objects.list(asked.request(after, Optional.empty()));
    }

    private void objectsV1(S3Call call, Asked asked) {
        String marker = call.request().query().text("marker");
        Listing listing = list(asked, ObjectKey.Prefix.of(marker));
        XmlText xml = XmlText.of("ListBucketResult").text("Name", call.bucketName());
        asked.headV1(xml);
        xml.text("Marker", asked.coded(marker))
                .number("MaxKeys", asked.most())
                .flag("IsTruncated", listing.isTruncated());
        // Without a delimiter the last key is the next marker, and clients know.
        if (asked.delimiter().isPresent()) {
            listing.nextAfter().ifPresent(next -> xml.text("NextMarker", asked.coded(next.text())));
        }
        listing.objects().forEach(object -> object(xml, asked, object, true));
        asked.prefixes(xml, listing.prefixes());
        call.xml(xml.end("ListBucketResult"));
    }

    private void objectsV2(S3Call call, Asked asked) {
        Query query = call.request().query();
        Optional<String> token = query.find("continuation-token");
        String startAfter = query.text("start-after");
        boolean hasOwner = query.text("fetch-owner").equals("true");
        Listing listing = list(
                asked,
                token.filter(text -> !text.isEmpty())
                        .map(Tokens::decodePrefix)
                        .orElseGet(() -> ObjectKey.Prefix.of(startAfter)));
        XmlText xml = XmlText.of("ListBucketResult").text("Name", call.bucketName());
        asked.head(xml);
        xml.number("MaxKeys", asked.most())
                .number(
                        "KeyCount",
                        listing.objects().size() + listing.prefixes().size())
                .flag("IsTruncated", listing.isTruncated());
        token.ifPresent(text -> xml.text("ContinuationToken", text));
        if (!startAfter.isEmpty()) {
            xml.text("StartAfter", asked.coded(startAfter));
        }
        listing.nextAfter().ifPresent(next -> xml.text("NextContinuationToken", Tokens.encode(next)));
        listing.objects().forEach(object -> object(xml, asked, object, hasOwner));
        asked.prefixes(xml, listing.prefixes());
        call.xml(xml.end("ListBucketResult"));
    }

    private static void object(XmlText xml, Asked asked, StoredObject object, boolean hasOwner) {
        xml.open("Contents").text("Key", asked.coded(object.key().text())).time("LastModified", object.lastModified());
        content(xml, object);
        if (hasOwner) {
            CannedAcl.owner(xml, "Owner", object.owner());
        }
        xml.close("Contents");
    }

    private static void content(XmlText xml, StoredObject object) {
        xml.text("ETag", "\"" + object.etag() + "\"");
        object.checksums()
                .forEach(checksum -> xml.text(
                                "ChecksumAlgorithm", checksum.algorithm().name())
                        .text("ChecksumType", Checksums.type(checksum)));
        xml.number("Size", object.size()).text("StorageClass", STORAGE_CLASS);
    }

    void versions(S3Call call) {
        Query query = call.request().query();
        Asked asked = Asked.of(call, "max-keys");
        String keyMarker = query.text("key-marker");
        Optional<String> versionMarker = query.find("version-id-marker").filter(marker -> !marker.isEmpty());
        if (versionMarker.isPresent() && keyMarker.isEmpty()) {
            throw S3Exception.invalidArgument("A version-id marker cannot be specified without a key marker.");
        }
        Listing listing = asked.most() == 0
                ? new Listing(List.of(), List.of(), Optional.empty(), Optional.empty())
                : objects.listVersions(asked.request(ObjectKey.Prefix.of(keyMarker), versionMarker));
        XmlText xml = XmlText.of("ListVersionsResult").text("Name", call.bucketName());
        asked.head(xml);
        xml.text("KeyMarker", asked.coded(keyMarker));
        xml.text("VersionIdMarker", versionMarker.orElse(""));
        xml.number("MaxKeys", asked.most()).flag("IsTruncated", listing.isTruncated());
        listing.nextAfter().ifPresent(next -> xml.text("NextKeyMarker", asked.coded(next.text())));
        listing.nextAfterVersion().ifPresent(next -> xml.text("NextVersionIdMarker", next));
        listing.objects().forEach(object -> version(xml, asked, object));
        asked.prefixes(xml, listing.prefixes());
        call.xml(xml.end("ListVersionsResult"));
    }

    private static void version(XmlText xml, Asked asked, StoredObject object) {
        String element = object.isDeleteMarker() ? "DeleteMarker" : "Version";
        xml.open(element)
                .text("Key", asked.coded(object.key().text()))
                .text("VersionId", object.versionId())
                .flag("IsLatest", object.isLatest())
                .time("LastModified", object.lastModified());
        if (!object.isDeleteMarker()) {
            content(xml, object);
        }
        CannedAcl.owner(xml, "Owner", object.owner());
        xml.close(element);
    }

    void uploads(S3Call call) {
        Query query = call.request().query();
        Asked asked = Asked.of(call, "max-uploads");
        String keyMarker = query.text("key-marker");
        Optional<String> idMarker =
                query.find("upload-id-marker").filter(marker -> !marker.isEmpty() && !keyMarker.isEmpty());
        Upload.Uploads page = asked.most() == 0
                ? new Upload.Uploads(List.of(), List.of(), Optional.empty(), Optional.empty())
                : objects.uploads(asked.request(ObjectKey.Prefix.of(keyMarker), idMarker));
        XmlText xml = XmlText.of("ListMultipartUploadsResult")
                .text("Bucket", call.bucketName())
                .text("KeyMarker", asked.coded(keyMarker))
                .text("UploadIdMarker", idMarker.orElse(""));
        page.nextAfter().ifPresent(next -> xml.text("NextKeyMarker", asked.coded(next.text())));
        page.nextAfterId().ifPresent(next -> xml.text("NextUploadIdMarker", next));
        asked.head(xml);
        xml.number("MaxUploads", asked.most())
                .flag("IsTruncated", page.nextAfter().isPresent());
        for (Upload upload : page.uploads()) {
            String owner = upload.write().owner();
            xml.open("Upload")
                    .text("Key", asked.coded(upload.write().key().text()))
                    .text("UploadId", upload.id());
            CannedAcl.owner(xml, "Initiator", owner);
            CannedAcl.owner(xml, "Owner", owner);
            xml.text("StorageClass", STORAGE_CLASS).time("Initiated", upload.begun());
            checksum(xml, upload);
            xml.close("Upload");
        }
        asked.prefixes(xml, page.prefixes());
        call.xml(xml.end("ListMultipartUploadsResult"));
    }

    private static void checksum(XmlText xml, Upload upload) {
        upload.checksum()
                .ifPresent(algorithm -> xml.text("ChecksumAlgorithm", algorithm.name())
                        .text("ChecksumType", upload.isComposite() ? "COMPOSITE" : "FULL_OBJECT"));
    }

    void parts(S3Call call) {
        Query query = call.request().query();
        int after = query.number("part-number-marker", 0, Integer.MAX_VALUE);
        int most = query.number("max-parts", MOST_KEYS, MOST_KEYS);
        String id = query.text("uploadId");
        Upload.Parts page = objects.parts(call.bucketName(), call.key(), id, after, Math.max(most, 1));
        List<Upload.Part> parts = most == 0 ? List.of() : page.parts();
        String owner = page.upload().write().owner();
        XmlText xml = XmlText.of("ListPartsResult")
                .text("Bucket", call.bucketName())
                .text("Key", call.key().text())
                .text("UploadId", id);
        CannedAcl.owner(xml, "Initiator", owner);
        CannedAcl.owner(xml, "Owner", owner);
        xml.text("StorageClass", STORAGE_CLASS).number("PartNumberMarker", after);
        if (page.next() != 0) {
            xml.number(
                    "NextPartNumberMarker",
                    parts.isEmpty() ? after : parts.getLast().number());
        }
        xml.number("MaxParts", most).flag("IsTruncated", most > 0 && page.next() != 0);
        checksum(xml, page.upload());
        for (Upload.Part part : parts) {
            xml.open("Part")
                    .number("PartNumber", part.number())
                    .time("LastModified", part.lastModified())
                    .text("ETag", "\"" + part.etag() + "\"")
                    .number("Size", part.size());
            Checksums.write(xml, part.checksums());
            xml.close("Part");
        }
        call.xml(xml.end("ListPartsResult"));
    }
}
