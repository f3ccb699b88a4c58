package dev.varve.server.s3;

import java.util.Optional;

/** Sub-resources of S3 that are not served yet; whoever serves one takes it out of here. */
enum LaterResource {
    ACCELERATE("accelerate", S3Code.NOT_IMPLEMENTED),
    ANALYTICS("analytics", S3Code.NOT_IMPLEMENTED),
    CORS("cors", S3Code.NO_SUCH_CORS),
    ENCRYPTION("encryption", S3Code.NO_SUCH_ENCRYPTION),
    INTELLIGENT_TIERING("intelligent-tiering", S3Code.NOT_IMPLEMENTED),
    INVENTORY("inventory", S3Code.NOT_IMPLEMENTED),
    LOGGING("logging", S3Code.NOT_IMPLEMENTED),
    METRICS("metrics", S3Code.NOT_IMPLEMENTED),
    NOTIFICATION("notification", S3Code.NOT_IMPLEMENTED),
    OWNERSHIP("ownershipControls", S3Code.NO_SUCH_OWNERSHIP),
    POLICY("policy", S3Code.NO_SUCH_POLICY),
    POLICY_STATUS("policyStatus", S3Code.NO_SUCH_POLICY),
    PUBLIC_ACCESS_BLOCK("publicAccessBlock", S3Code.NO_SUCH_PUBLIC_ACCESS_BLOCK),
    REPLICATION("replication", S3Code.NO_SUCH_REPLICATION),
    REQUEST_PAYMENT("requestPayment", S3Code.NOT_IMPLEMENTED),
    RESTORE("restore", S3Code.NOT_IMPLEMENTED),
    SELECT("select", S3Code.NOT_IMPLEMENTED),
    SESSION("session", S3Code.NOT_IMPLEMENTED),
    TORRENT("torrent", S3Code.NO_SUCH_KEY),
    WEBSITE("website", S3Code.NO_SUCH_WEBSITE);

    private final String parameter;
    private final S3Code absent;

    LaterResource(String parameter, S3Code absent) {
        this.parameter = parameter;
        this.absent = absent;
    }

    static Optional<LaterResource> of(S3Request request) {
        for (LaterResource resource : values()) {
            if (request.query().has(resource.parameter)) {
                return Optional.of(resource);
            }
        }
        return Optional.empty();
    }

    /** The answer to browsers that ask whether they may ask: no bucket has rules for them yet. */
    static S3Exception preflightRefusal(S3Request request) {
        return request.header("origin").isEmpty()
                ? new S3Exception(S3Code.BAD_REQUEST, "Insufficient information. Origin request header needed.")
                : new S3Exception(S3Code.ACCESS_FORBIDDEN, "CORSResponse: CORS is not enabled for this bucket.");
    }

    /** The answer: that there is none, to those who only ask; that there cannot be one, to the others. */
    static S3Exception refusal(S3Request request) {
        LaterResource resource = of(request).orElseThrow();
        return request.method().equals("GET") && resource.absent != S3Code.NOT_IMPLEMENTED
                ? new S3Exception(resource.absent, "There is no such configuration or file.")
                : new S3Exception(S3Code.NOT_IMPLEMENTED, "There is no '" + resource.parameter + "' here yet.");
    }
}
