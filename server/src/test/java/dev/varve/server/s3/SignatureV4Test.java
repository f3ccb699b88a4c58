package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures against the examples that AWS publishes, and against a slow implementation of its text. */
class SignatureV4Test {
    private static final String SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    private static final String TIME = "20130524T000000Z";
    private static final SignatureV4.Scope SCOPE = new SignatureV4.Scope("20130524", "us-east-1", "s3");
    private static final String HOST = "examplebucket.s3.amazonaws.com";

    private static String signature(
            String method, String path, String query, Map<String, String> headers, String payload) {
        Map<String, List<String>> all = new TreeMap<>();
        headers.forEach((name, value) -> all.put(name, List.of(value)));
        String canonical = SignatureV4.canonicalRequest(
                method, PercentCoding.decode(path), Query.of(query).all(), List.copyOf(all.keySet()), all, payload);
        return SignatureV4.signingKey(SECRET, SCOPE).sign(SignatureV4.stringToSign(TIME, SCOPE, canonical));
    }

    @Test
    void getOfARangeIsSignedAsPublished() {
        assertThat(signature(
                        "GET",
                        "/test.txt",
                        "",
                        Map.of(
                                "host",
                                HOST,
                                "range",
                                "bytes=0-9",
                                "x-amz-content-sha256",
                                SignatureV4.EMPTY_SHA256,
                                "x-amz-date",
                                TIME),
                        SignatureV4.EMPTY_SHA256))
                .isEqualTo("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    @Test
    void putWithADollarInTheKeyIsSignedAsPublished() {
        String payload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
        assertThat(SignatureV4.sha256Hex("Welcome to Amazon S3.".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(payload);
        assertThat(signature(
                        "PUT",
                        "/test$file.text",
                        "",
                        Map.of(
                                "date", "Fri, 24 May 2013 00:00:00 GMT",
                                "host", HOST,
                                "x-amz-content-sha256", payload,
                                "x-amz-date", TIME,
                                "x-amz-storage-class", "REDUCED_REDUNDANCY"),
                        payload))
                .isEqualTo("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    }

    @Test
    void subResourcesAndParametersAreSignedAsPublished() {
        Map<String, String> headers =
                Map.of("host", HOST, "x-amz-content-sha256", SignatureV4.EMPTY_SHA256, "x-amz-date", TIME);
        assertThat(signature("GET", "/", "lifecycle", headers, SignatureV4.EMPTY_SHA256))
                .isEqualTo("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
        assertThat(signature("GET", "/", "max-keys=2&prefix=J", headers, SignatureV4.EMPTY_SHA256))
                .isEqualTo("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
        assertThat(signature("GET", "/", "prefix=J&max-keys=2", headers, SignatureV4.EMPTY_SHA256))
                .as("parameters are sorted")
                .isEqualTo("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }

    @Test
    void presignedGetIsSignedAsPublished() {
        assertThat(signature(
                        "GET",
                        "/test.txt",
                        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
                                + "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
                                + "&X-Amz-SignedHeaders=host",
                        Map.of("host", HOST),
                        "UNSIGNED-PAYLOAD"))
                .isEqualTo("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyRequestHasTheCanonicalFormOfTheText(long seed) {
        RandomGenerator random = new java.util.Random(Long.getLong("varve.seed", seed));
        for (int i = 0; i < 500; i++) {
            byte[] path = bytes(random, "/ab+ %~\u00e9\uD83D\uDE00\u0001=&?");
            path[0] = '/';
            List<Query.Parameter> query = new ArrayList<>();
            for (int n = random.nextInt(5); n > 0; n--) {
                query.add(new Query.Parameter(text(random, "ab-1=.~ +%/\u00e9"), text(random, "ab-1=.~ +%/\u00e9")));
            }
            Map<String, List<String>> headers = new TreeMap<>();
            for (String name : List.of("host", "x-amz-date", "x-amz-meta-a", "content-type")) {
                List<String> values = new ArrayList<>();
                for (int n = 1 + random.nextInt(2); n > 0; n--) {
                    values.add(text(random, "ab  \t,\"="));
                }
                headers.put(name, values);
            }
            List<String> signed = List.copyOf(headers.keySet());
            assertThat(SignatureV4.canonicalRequest("PUT", path, query, signed, headers, "UNSIGNED-PAYLOAD"))
                    .isEqualTo(SlowSigner.canonicalRequest("PUT", path, query, signed, headers, "UNSIGNED-PAYLOAD"));
        }
    }

    private static String text(RandomGenerator random, String letters) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(8); n > 0; n--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }

    private static byte[] bytes(RandomGenerator random, String letters) {
        return ("/" + text(random, letters)).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void comparisonTellsEqualFromUnequal() {
        String signature = HexFormat.of().formatHex(new byte[32]);
        assertThat(SignatureV4.isSame(signature, signature)).isTrue();
        assertThat(SignatureV4.isSame(signature, signature.substring(1))).isFalse();
        assertThat(SignatureV4.isSame(signature, "\u0130".repeat(64))).isFalse();
    }
}
