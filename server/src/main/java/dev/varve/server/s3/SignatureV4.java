package dev.varve.server.s3;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4, as S3 has it: the path is coded once and not normalised. */
final class SignatureV4 {
    static final String ALGORITHM = "AWS4-HMAC-SHA256";
    static final String TERMINATOR = "aws4_request";
    static final String EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /** What a signing key is good for. */
    record Scope(String date, String region, String service) {
        @Override
        public String toString() {
            return date + "/" + region + "/" + service + "/" + TERMINATOR;
        }
    }

    private SignatureV4() {}

    /**
     * The request in the form that is signed.
     *
     * @param path decoded
     * @param signed names of headers in lower case, in order
     * @param headers values by lower-case name; characters are bytes
     */
    static String canonicalRequest(
            String method,
            byte[] path,
            List<Query.Parameter> query,
            List<String> signed,
            Map<String, List<String>> headers,
            String payloadHash) {
        StringBuilder text = new StringBuilder(512);
        text.append(method).append('\n');
        text.append(PercentCoding.encodePath(path)).append('\n');
        List<String> pairs = new ArrayList<>();
        // Sorting by name, then value: '=' sorts behind '%', '-', '.' and digits, so pairs must not be compared whole.
        query.stream()
                .map(parameter -> new Query.Parameter(
                        PercentCoding.encode(parameter.name()), PercentCoding.encode(parameter.value())))
                .sorted((one, other) -> one.name().equals(other.name())
                        ? one.value().compareTo(other.value())
                        : one.name().compareTo(other.name()))
                .forEach(parameter -> pairs.add(parameter.name() + "=" + parameter.value()));
        text.append(String.join("&", pairs)).append('\n');
        for (String name : signed) {
            text.append(name).append(':');
            List<String> values = headers.getOrDefault(name, List.of());
            for (int i = 0; i < values.size(); i++) {
                text.append(i == 0 ? "" : ",").append(trimmed(values.get(i)));
            }
            text.append('\n');
        }
        text.append('\n').append(String.join(";", signed)).append('\n').append(payloadHash);
        return text.toString();
    }

    /** Without spaces around, and with one where there are several. */
    private static String trimmed(String value) {
        StringBuilder text = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char next = value.charAt(i);
            boolean isBlank = next == ' ' || next == '\t';
            if (!isBlank) {
                text.append(next);
            } else if (!text.isEmpty() && text.charAt(text.length() - 1) != ' ') {
                text.append(' ');
            }
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) == ' ') {
            text.setLength(text.length() - 1);
        }
        return text.toString();
    }

    static String stringToSign(String time, Scope scope, String canonicalRequest) {
        return ALGORITHM + "\n" + time + "\n" + scope + "\n"
                + sha256Hex(canonicalRequest.getBytes(StandardCharsets.ISO_8859_1));
    }

    static SigningKey signingKey(String secret, Scope scope) {
        byte[] key = hmac(("AWS4" + secret).getBytes(StandardCharsets.UTF_8), scope.date());
        key = hmac(key, scope.region());
        key = hmac(key, scope.service());
        return new SigningKey(hmac(key, TERMINATOR));
    }

    static String sign(byte[] signingKey, String text) {
        return HexFormat.of().formatHex(hmac(signingKey, text));
    }

    /** Takes as long for a nearly right signature as for any other. */
    static boolean isSame(String expected, String given) {
        return MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.US_ASCII), given.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String sha256Hex(byte[] bytes) {
        return HexFormat.of().formatHex(digest("SHA-256").digest(bytes));
    }

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(algorithm + " is part of every Java platform", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.ISO_8859_1));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is part of every Java platform", e);
        }
    }
}
