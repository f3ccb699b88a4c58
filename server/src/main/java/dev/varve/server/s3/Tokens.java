package dev.varve.server.s3;

import dev.varve.blobstore.object.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Continuation tokens: where a listing stopped, in a form that clients can only give back. */
final class Tokens {
    private static final String PREFIX = "1";

    private Tokens() {}

    static String encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    static String encode(ObjectKey.Prefix after) {
        return encode(after.bytes());
    }

    private static String encode(byte[] bytes) {
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static String decode(String token) {
        return new String(bytes(token), StandardCharsets.UTF_8);
    }

    static ObjectKey.Prefix decodePrefix(String token) {
        return ObjectKey.Prefix.of(bytes(token));
    }

    private static byte[] bytes(String token) {
        try {
            if (token.startsWith(PREFIX)) {
                return Base64.getUrlDecoder().decode(token.substring(1));
            }
        } catch (IllegalArgumentException e) {
            throw S3Exception.invalidArgument("The continuation token provided is incorrect");
        }
        throw S3Exception.invalidArgument("The continuation token provided is incorrect");
    }
}
