package dev.varve.server.s3;

/** Error codes of S3 with the status they come with. */
enum S3Code {
    ACCESS_DENIED("AccessDenied", 403),
    ACCESS_FORBIDDEN("AccessForbidden", 403),
    AUTHORIZATION_HEADER_MALFORMED("AuthorizationHeaderMalformed", 400),
    AUTHORIZATION_QUERY_ERROR("AuthorizationQueryParametersError", 400),
    BAD_DIGEST("BadDigest", 400),
    BAD_REQUEST("BadRequest", 400),
    BUCKET_ALREADY_EXISTS("BucketAlreadyExists", 409),
    BUCKET_ALREADY_OWNED("BucketAlreadyOwnedByYou", 409),
    BUCKET_NOT_EMPTY("BucketNotEmpty", 409),
    ENTITY_TOO_LARGE("EntityTooLarge", 400),
    ENTITY_TOO_SMALL("EntityTooSmall", 400),
    ILLEGAL_VERSIONING("IllegalVersioningConfigurationException", 400),
    INCOMPLETE_BODY("IncompleteBody", 400),
    INSUFFICIENT_STORAGE("InsufficientStorage", 507),
    INTERNAL_ERROR("InternalError", 500),
    INVALID_ACCESS_KEY("InvalidAccessKeyId", 403),
    INVALID_ARGUMENT("InvalidArgument", 400),
    INVALID_BUCKET_NAME("InvalidBucketName", 400),
    INVALID_BUCKET_STATE("InvalidBucketState", 409),
    INVALID_DIGEST("InvalidDigest", 400),
    INVALID_LOCATION("InvalidLocationConstraint", 400),
    INVALID_PART("InvalidPart", 400),
    INVALID_PART_NUMBER("InvalidPartNumber", 416),
    INVALID_PART_ORDER("InvalidPartOrder", 400),
    INVALID_RANGE("InvalidRange", 416),
    INVALID_REQUEST("InvalidRequest", 400),
    INVALID_RETENTION_PERIOD("InvalidRetentionPeriod", 400),
    INVALID_TAG("InvalidTag", 400),
    INVALID_TOKEN("InvalidToken", 400),
    INVALID_URI("InvalidURI", 400),
    KEY_TOO_LONG("KeyTooLongError", 400),
    MALFORMED_XML("MalformedXML", 400),
    MALFORMED_TRAILER("MalformedTrailerError", 400),
    METADATA_TOO_LARGE("MetadataTooLarge", 400),
    METHOD_NOT_ALLOWED("MethodNotAllowed", 405),
    MISSING_CONTENT_LENGTH("MissingContentLength", 411),
    MISSING_SECURITY_HEADER("MissingSecurityHeader", 400),
    NO_SUCH_BUCKET("NoSuchBucket", 404),
    NO_SUCH_CONFIGURATION("NoSuchConfiguration", 404),
    NO_SUCH_CORS("NoSuchCORSConfiguration", 404),
    NO_SUCH_ENCRYPTION("ServerSideEncryptionConfigurationNotFoundError", 404),
    NO_SUCH_KEY("NoSuchKey", 404),
    NO_SUCH_LIFECYCLE("NoSuchLifecycleConfiguration", 404),
    NO_SUCH_LOCK_CONFIGURATION("ObjectLockConfigurationNotFoundError", 404),
    NO_SUCH_OBJECT_LOCK("NoSuchObjectLockConfiguration", 404),
    NO_SUCH_OWNERSHIP("OwnershipControlsNotFoundError", 404),
    NO_SUCH_POLICY("NoSuchBucketPolicy", 404),
    NO_SUCH_PUBLIC_ACCESS_BLOCK("NoSuchPublicAccessBlockConfiguration", 404),
    NO_SUCH_REPLICATION("ReplicationConfigurationNotFoundError", 404),
    NO_SUCH_TAG_SET("NoSuchTagSet", 404),
    NO_SUCH_UPLOAD("NoSuchUpload", 404),
    NO_SUCH_VERSION("NoSuchVersion", 404),
    NO_SUCH_WEBSITE("NoSuchWebsiteConfiguration", 404),
    NOT_IMPLEMENTED("NotImplemented", 501),
    PRECONDITION_FAILED("PreconditionFailed", 412),
    REQUEST_TIME_TOO_SKEWED("RequestTimeTooSkewed", 403),
    REQUEST_TOO_LARGE("RequestHeaderSectionTooLarge", 400),
    SERVICE_UNAVAILABLE("ServiceUnavailable", 503),
    SHA256_MISMATCH("XAmzContentSHA256Mismatch", 400),
    SIGNATURE_MISMATCH("SignatureDoesNotMatch", 403),
    SLOW_DOWN("SlowDown", 503),
    TOO_MANY_PARTS("InvalidArgument", 400);

    private final String text;
    private final int status;

    S3Code(String text, int status) {
        this.text = text;
        this.status = status;
    }

    String text() {
        return text;
    }

    int status() {
        return status;
    }
}
