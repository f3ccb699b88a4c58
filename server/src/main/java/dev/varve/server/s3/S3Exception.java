package dev.varve.server.s3;

import java.util.Map;

/** A request that is refused, with what the client is told. */
final class S3Exception extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final S3Code code;
    private final transient Map<String, String> headers;

    S3Exception(S3Code code, String message) {
        this(code, message, Map.of());
    }

    /** With headers that come with the refusal, as those that say which delete marker was met. */
    S3Exception(S3Code code, String message, Map<String, String> headers) {
        super(message, null, false, false);
        this.code = code;
        this.headers = Map.copyOf(headers);
    }

    S3Code code() {
        return code;
    }

    Map<String, String> headers() {
        return headers;
    }

    static S3Exception invalidArgument(String message) {
        return new S3Exception(S3Code.INVALID_ARGUMENT, message);
    }

    static S3Exception malformedXml(String message) {
        return new S3Exception(S3Code.MALFORMED_XML, message);
    }
}
