package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.Upload;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Making, finding and deleting buckets, and what their owners set. */
final class BucketOperations {
    private static final int MOST_BUCKETS = 10_000;
    /** The region whose name is not spoken in locations. */
    private static final String NAMELESS_REGION = "us-east-1";

    private final ObjectStore objects;
    private final Access access;
    private final String region;

    BucketOperations(ObjectStore objects, Access access, String region) {
        this.objects = objects;
        this.access = access;
        this.region = region;
    }

    void list(S3Call call) {
        Query query = call.request().query();
        int most = query.number("max-buckets", MOST_BUCKETS, MOST_BUCKETS);
        String after = query.find("continuation-token").map(Tokens::decode).orElse("");
        String prefix = query.text("prefix");
        List<Bucket> visible = objects.buckets().stream()
                .filter(bucket ->
                        bucket.name().startsWith(prefix) && bucket.name().compareTo(after) > 0)
                .filter(bucket -> access.may(call.caller(), bucket, Operation.Right.READ))
                .toList();
        XmlText xml = XmlText.of("ListAllMyBucketsResult");
        CannedAcl.owner(xml, "Owner", call.caller().user());
        xml.open("Buckets");
        List<Bucket> page = visible.subList(0, Math.min(most, visible.size()));
        for (Bucket bucket : page) {
            xml.open("Bucket")
                    .text("Name", bucket.name())
                    .time("CreationDate", bucket.created())
                    .text("BucketRegion", region)
                    .close("Bucket");
        }
        xml.close("Buckets");
        if (page.size() < visible.size() && !page.isEmpty()) {
            xml.text("ContinuationToken", Tokens.encode(page.getLast().name()));
        }
        if (!prefix.isEmpty()) {
            xml.text("Prefix", prefix);
        }
        call.xml(xml.end("ListAllMyBucketsResult"));
    }

    void create(S3Call call) throws IOException {
        if (call.hasBody()) {
            checkLocation(call.xmlBody("CreateBucketConfiguration"));
        }
        String name = call.bucketName();
        CannedAcl acl = CannedAcl.of(call.request()).orElse(CannedAcl.PRIVATE);
        boolean isLocked = call.request().isOn("x-amz-bucket-object-lock-enabled");
        BucketSettings settings = BucketSettings.DEFAULT.withPublicRead(acl == CannedAcl.PUBLIC_READ);
        if (isLocked) {
            settings = settings.withVersioning(Versioning.ENABLED).withObjectLock(true);
        }
        try {
            objects.createBucket(name, call.caller().user(), settings);
        } catch (ObjectException e) {
            Optional<Bucket> existing = objects.bucket(name);
            if (e.problem() != ObjectProblem.BUCKET_EXISTS || existing.isEmpty()) {
                throw e;
            }
            checkSame(call, existing.get(), acl, isLocked);
        }
        call.header("Location", "/" + name);
        call.empty(200);
    }

    private void checkLocation(XmlElement configuration) {
        Optional<String> location = configuration.text("LocationConstraint").filter(text -> !text.isEmpty());
        if (location.isPresent() && !location.get().equals(region)) {
            throw new S3Exception(
                    S3Code.INVALID_LOCATION, "The specified location-constraint is not valid; this is " + region);
        }
    }

    /** Making one's own bucket again as it is does nothing, as in S3's first region. */
    private static void checkSame(S3Call call, Bucket existing, CannedAcl acl, boolean isLocked) {
        if (!existing.owner().equals(call.caller().user())
                || CannedAcl.of(existing) != acl
                || (isLocked && !existing.settings().objectLock())) {
            throw new S3Exception(
                    S3Code.BUCKET_ALREADY_EXISTS,
                    "The requested bucket name is not available, or the bucket is there with other settings.");
        }
    }

    void head(S3Call call) {
        call.header("x-amz-bucket-region", region);
        call.empty(200);
    }

    void delete(S3Call call) {
        String name = call.bucketName();
        try {
            objects.deleteBucket(name);
        } catch (ObjectException e) {
            if (e.problem() != ObjectProblem.BUCKET_NOT_EMPTY || !abortUploads(name)) {
                throw e;
            }
            objects.deleteBucket(name);
        }
        call.empty(204);
    }

    /** Uploads that were begun keep nobody from deleting an otherwise empty bucket. Says whether it is one. */
    private boolean abortUploads(String name) {
        ListRequest all = ListRequest.of(name, ObjectKey.Prefix.ALL);
        if (!objects.listVersions(all).objects().isEmpty()) {
            return false;
        }
        List<Upload> begun = objects.uploads(all).uploads();
        while (!begun.isEmpty()) {
            begun.forEach(upload -> objects.abortUpload(name, upload.write().key(), upload.id()));
            begun = objects.uploads(all).uploads();
        }
        return true;
    }

    void getLocation(S3Call call) {
        XmlText xml = XmlText.document();
        String spoken = region.equals(NAMELESS_REGION) ? "" : region;
        xml.open("LocationConstraint", "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"")
                .raw(spoken);
        call.xml(xml.end("LocationConstraint"));
    }

    void getVersioning(S3Call call) {
        XmlText xml = XmlText.of("VersioningConfiguration");
        switch (call.bucket().settings().versioning()) {
            case OFF -> {
                // Neither on nor suspended: never set.
            }
            case ENABLED -> xml.text("Status", "Enabled");
            case SUSPENDED -> xml.text("Status", "Suspended");
        }
        call.xml(xml.end("VersioningConfiguration"));
    }

    void putVersioning(S3Call call) throws IOException {
        XmlElement configuration = call.xmlBody("VersioningConfiguration");
        if (configuration.text("MfaDelete").filter("Enabled"::equals).isPresent()) {
            throw new S3Exception(S3Code.NOT_IMPLEMENTED, "There is no MFA here.");
        }
        Versioning versioning = switch (configuration.text("Status").orElse("")) {
            case "Enabled" -> Versioning.ENABLED;
            case "Suspended" -> Versioning.SUSPENDED;
            default -> throw new S3Exception(S3Code.ILLEGAL_VERSIONING, "Status must be Enabled or Suspended");
        };
        objects.changeBucket(call.bucketName(), settings -> {
            if (settings.objectLock() && versioning == Versioning.SUSPENDED) {
                throw new S3Exception(
                        S3Code.INVALID_BUCKET_STATE,
                        "An Object Lock configuration is present on this bucket, so the versioning state cannot be"
                                + " changed.");
            }
            return settings.withVersioning(versioning);
        });
        call.empty(200);
    }

    void getAcl(S3Call call) {
        call.xml(CannedAcl.of(call.bucket()).xml(call.bucket().owner()));
    }

    void putAcl(S3Call call) {
        CannedAcl acl = CannedAcl.of(call.request())
                .orElseThrow(() -> new S3Exception(
                        S3Code.NOT_IMPLEMENTED,
                        "There are no grants here yet; x-amz-acl may be private or public-read."));
        objects.changeBucket(call.bucketName(), settings -> settings.withPublicRead(acl == CannedAcl.PUBLIC_READ));
        call.empty(200);
    }
}
