package dev.varve.server.s3;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.StoredObject;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The two access control lists there are: nobody else, or anybody reads. */
enum CannedAcl {
    PRIVATE,
    PUBLIC_READ;

    /** Kept with an object's headers if its writer named a list. */
    static final String HEADER = "x-amz-acl";

    private static final String PUBLIC_TEXT = "public-read";
    /** Lists that are understood and narrowed to {@link #PRIVATE}. */
    private static final Set<String> NARROWED = Set.of(
            "private",
            "public-read-write",
            "authenticated-read",
            "aws-exec-read",
            "bucket-owner-read",
            "bucket-owner-full-control",
            "log-delivery-write");

    String text() {
        return this == PUBLIC_READ ? PUBLIC_TEXT : "private";
    }

    /** What a request says, if it says something. */
    static Optional<CannedAcl> of(S3Request request) {
        if (!request.headersUnder("x-amz-grant-").isEmpty()) {
            throw new S3Exception(
                    S3Code.NOT_IMPLEMENTED, "There are no grants here yet; x-amz-acl may be private or public-read.");
        }
        return request.header(HEADER).map(CannedAcl::parse);
    }

    private static CannedAcl parse(String text) {
        if (text.equals(PUBLIC_TEXT)) {
            return PUBLIC_READ;
        }
        if (NARROWED.contains(text)) {
            return PRIVATE;
        }
        throw S3Exception.invalidArgument("x-amz-acl has an unknown value");
    }

    static CannedAcl of(Bucket bucket) {
        return bucket.settings().publicRead() ? PUBLIC_READ : PRIVATE;
    }

    /** An object's own list, or that of its bucket. */
    static CannedAcl of(Bucket bucket, StoredObject object) {
        String own = object.headers().get(HEADER);
        return own == null ? of(bucket) : parse(own);
    }

    /** The list as S3 writes it out. */
    byte[] xml(String owner) {
        XmlText xml = XmlText.of("AccessControlPolicy");
        owner(xml, "Owner", owner);
        xml.open("AccessControlList").open("Grant");
        xml.open("Grantee", "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"");
        xml.text("ID", owner).text("DisplayName", owner).close("Grantee");
        xml.text("Permission", "FULL_CONTROL").close("Grant");
        if (this == PUBLIC_READ) {
            xml.open("Grant");
            xml.open("Grantee", "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"");
            xml.text("URI", "http://acs.amazonaws.com/groups/global/AllUsers").close("Grantee");
            xml.text("Permission", "READ").close("Grant");
        }
        return xml.close("AccessControlList").end("AccessControlPolicy");
    }

    static void owner(XmlText xml, String element, String owner) {
        xml.open(element).text("ID", owner).text("DisplayName", owner).close(element);
    }

    /** What is kept with an object. */
    static Map<String, String> kept(Optional<CannedAcl> acl) {
        return acl.map(named -> Map.of(HEADER, named.text())).orElse(Map.of());
    }
}
