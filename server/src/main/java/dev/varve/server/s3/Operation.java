package dev.varve.server.s3;

import java.util.List;
import java.util.Locale;

/** What a request asks for, by S3's names, and what one must be allowed for it. */
enum Operation {
    LIST_BUCKETS(Level.SERVICE, "GET", "", Right.KEY),

    CREATE_BUCKET(Level.BUCKET, "PUT", "", Right.KEY),
    HEAD_BUCKET(Level.BUCKET, "HEAD", "", Right.PUBLIC_READ),
    DELETE_BUCKET(Level.BUCKET, "DELETE", "", Right.OWNER),
    LIST_OBJECTS(Level.BUCKET, "GET", "", Right.PUBLIC_READ),
    LIST_OBJECT_VERSIONS(Level.BUCKET, "GET", "versions", Right.READ),
    LIST_UPLOADS(Level.BUCKET, "GET", "uploads", Right.READ),
    DELETE_OBJECTS(Level.BUCKET, "POST", "delete", Right.WRITE),
    GET_LOCATION(Level.BUCKET, "GET", "location", Right.READ),
    GET_VERSIONING(Level.BUCKET, "GET", "versioning", Right.READ),
    PUT_VERSIONING(Level.BUCKET, "PUT", "versioning", Right.OWNER),
    GET_LOCK_CONFIGURATION(Level.BUCKET, "GET", "object-lock", Right.READ),
    PUT_LOCK_CONFIGURATION(Level.BUCKET, "PUT", "object-lock", Right.OWNER),
    GET_BUCKET_TAGGING(Level.BUCKET, "GET", "tagging", Right.OWNER),
    PUT_BUCKET_TAGGING(Level.BUCKET, "PUT", "tagging", Right.OWNER),
    DELETE_BUCKET_TAGGING(Level.BUCKET, "DELETE", "tagging", Right.OWNER),
    GET_LIFECYCLE(Level.BUCKET, "GET", "lifecycle", Right.OWNER),
    PUT_LIFECYCLE(Level.BUCKET, "PUT", "lifecycle", Right.OWNER),
    DELETE_LIFECYCLE(Level.BUCKET, "DELETE", "lifecycle", Right.OWNER),
    GET_BUCKET_ACL(Level.BUCKET, "GET", "acl", Right.OWNER),
    PUT_BUCKET_ACL(Level.BUCKET, "PUT", "acl", Right.OWNER),
    /** Sub-resources that are not served yet. */
    LATER_BUCKET(Level.BUCKET, "", "", Right.OWNER),

    GET_OBJECT(Level.OBJECT, "GET", "", Right.PUBLIC_READ),
    HEAD_OBJECT(Level.OBJECT, "HEAD", "", Right.PUBLIC_READ),
    PUT_OBJECT(Level.OBJECT, "PUT", "", Right.WRITE),
    COPY_OBJECT(Level.OBJECT, "PUT", "", Right.WRITE),
    DELETE_OBJECT(Level.OBJECT, "DELETE", "", Right.WRITE),
    GET_ATTRIBUTES(Level.OBJECT, "GET", "attributes", Right.READ),
    GET_OBJECT_TAGGING(Level.OBJECT, "GET", "tagging", Right.READ),
    PUT_OBJECT_TAGGING(Level.OBJECT, "PUT", "tagging", Right.WRITE),
    DELETE_OBJECT_TAGGING(Level.OBJECT, "DELETE", "tagging", Right.WRITE),
    GET_RETENTION(Level.OBJECT, "GET", "retention", Right.READ),
    PUT_RETENTION(Level.OBJECT, "PUT", "retention", Right.WRITE),
    GET_LEGAL_HOLD(Level.OBJECT, "GET", "legal-hold", Right.READ),
    PUT_LEGAL_HOLD(Level.OBJECT, "PUT", "legal-hold", Right.WRITE),
    GET_OBJECT_ACL(Level.OBJECT, "GET", "acl", Right.READ),
    PUT_OBJECT_ACL(Level.OBJECT, "PUT", "acl", Right.OWNER),
    CREATE_UPLOAD(Level.OBJECT, "POST", "uploads", Right.WRITE),
    UPLOAD_PART(Level.OBJECT, "PUT", "uploadId", Right.WRITE),
    UPLOAD_PART_COPY(Level.OBJECT, "PUT", "uploadId", Right.WRITE),
    COMPLETE_UPLOAD(Level.OBJECT, "POST", "uploadId", Right.WRITE),
    ABORT_UPLOAD(Level.OBJECT, "DELETE", "uploadId", Right.WRITE),
    LIST_PARTS(Level.OBJECT, "GET", "uploadId", Right.READ),
    /** Sub-resources that are not served yet. */
    LATER_OBJECT(Level.OBJECT, "", "", Right.OWNER);

    /** What the path names. */
    enum Level {
        SERVICE,
        BUCKET,
        OBJECT
    }

    /** What a caller needs to be allowed. */
    enum Right {
        /** Nothing but a key. */
        KEY,
        /** Reading, or nothing at all where the public may read. */
        PUBLIC_READ,
        READ,
        WRITE,
        OWNER
    }

    private final Level level;
    private final String method;
    private final String subResource;
    private final Right right;

    Operation(Level level, String method, String subResource, Right right) {
        this.level = level;
        this.method = method;
        this.subResource = subResource;
        this.right = right;
    }

    Level level() {
        return level;
    }

    Right right() {
        return right;
    }

    /** For metrics and logs. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Operation of(S3Request request) {
        Level level =
                request.key().isPresent() ? Level.OBJECT : request.bucket().isPresent() ? Level.BUCKET : Level.SERVICE;
        String method = request.method();
        List<Operation> possible = List.of(values()).stream()
                .filter(operation -> operation.level == level && !operation.method.isEmpty())
                .toList();
        String subResource = "";
        for (Operation operation : possible) {
            if (!operation.subResource.isEmpty() && request.query().has(operation.subResource)) {
                subResource = operation.subResource;
            }
        }
        if (subResource.isEmpty() && LaterResource.of(request).isPresent()) {
            return level == Level.OBJECT ? LATER_OBJECT : LATER_BUCKET;
        }
        for (Operation operation : possible) {
            if (operation.method.equals(method) && operation.subResource.equals(subResource)) {
                return withCopy(operation, request);
            }
        }
        throw new S3Exception(S3Code.METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource.");
    }

    private static Operation withCopy(Operation operation, S3Request request) {
        boolean isCopy = request.header("x-amz-copy-source").isPresent();
        return switch (operation) {
            case PUT_OBJECT -> isCopy ? COPY_OBJECT : PUT_OBJECT;
            case UPLOAD_PART -> isCopy ? UPLOAD_PART_COPY : UPLOAD_PART;
            default -> operation;
        };
    }
}
