package dev.varve.server.s3;

import java.util.Optional;

/**
 * How a request's body is covered by its signature.
 *
 * @param payload value of {@code x-amz-content-sha256}
 * @param seed signature of the request, with which the chain of chunk signatures begins
 */
record Signing(String payload, Optional<Seed> seed) {
    static final String UNSIGNED = "UNSIGNED-PAYLOAD";
    static final String CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    static final String CHUNKS_WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    static final String UNSIGNED_CHUNKS_WITH_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

    static final Signing NONE = new Signing(UNSIGNED, Optional.empty());

    /** What chunk signatures are made with. */
    record Seed(SigningKey key, String time, SignatureV4.Scope scope, String signature) {}

    boolean isChunked() {
        return payload.startsWith("STREAMING-");
    }

    boolean hasSignedChunks() {
        return payload.equals(CHUNKS) || payload.equals(CHUNKS_WITH_TRAILER);
    }

    boolean hasTrailer() {
        return payload.endsWith("-TRAILER");
    }

    /** SHA-256 that the body must have, in hexadecimal. */
    Optional<String> sha256() {
        return isChunked() || payload.equals(UNSIGNED) ? Optional.empty() : Optional.of(payload);
    }
}
