package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in, over the wire, by requests that an independent signer has signed. */
class AuthenticatorTest {
    private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
    private static final AtomicReference<Instant> CLOCK = new AtomicReference<>(NOW);
    private static S3TestNode node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = S3TestNode.start(directory, S3TestNode.config(), CLOCK::get);
        node.objects().createBucket("bucket", "main", BucketSettings.DEFAULT);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @BeforeEach
    void setClock() {
        CLOCK.set(NOW);
    }

    private static TestRequest request(String method, String path) {
        return TestRequest.of(method, path).at(NOW);
    }

    private static void refused(TestRequest request, int status, String code) throws IOException {
        RawHttp.Answer answer = request.send(node);
        assertThat(answer.code()).as(answer.body()).isEqualTo(code);
        assertThat(answer.status()).isEqualTo(status);
    }

    private static void accepted(TestRequest request) throws IOException {
        RawHttp.Answer answer = request.send(node);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void rightSignaturesAreTaken() throws IOException {
        accepted(request("PUT", "/bucket/a b+c=\u00e9\uD83D\uDE00;x").body("text"));
        accepted(request("GET", "/bucket/a b+c=\u00e9\uD83D\uDE00;x"));
        accepted(request("GET", "/bucket")
                .query("list-type", "2")
                .query("prefix", "a b+")
                .query("delimiter", "/"));
        accepted(request("PUT", "/bucket/u").payload("UNSIGNED-PAYLOAD").body("text"));
        accepted(request("GET", "/bucket/u").header("x-amz-meta-spaces", "a    b  c"));
    }

    @Test
    void anyChangeOfWhatWasSignedIsNoticed() throws IOException {
        TestRequest request = request("GET", "/bucket");
        request.sign();
        refused(request.query("prefix", "x"), 403, "SignatureDoesNotMatch");
        TestRequest other = request("GET", "/bucket");
        other.sign();
        refused(other.header("x-amz-meta-a", "b"), 403, "AccessDenied");
        TestRequest body = request("PUT", "/bucket/x").body("good");
        body.sign();
        refused(body.body("evil"), 400, "XAmzContentSHA256Mismatch");
        assertThat(request("GET", "/bucket/x").send(node).code()).isEqualTo("NoSuchKey");
        refused(
                request("GET", "/bucket").by(new TestRequest.Key(S3TestNode.MAIN_KEY, "another secret")),
                403,
                "SignatureDoesNotMatch");
        refused(request("GET", "/bucket").by(new TestRequest.Key("NOBODY0000", "secret")), 403, "InvalidAccessKeyId");
    }

    @Test
    void headersOfAmazonsMustBeSigned() throws IOException {
        refused(request("PUT", "/bucket/x").unsigned("x-amz-acl", "public-read"), 403, "AccessDenied");
        refused(request("PUT", "/bucket/x").unsigned("x-amz-meta-a", "b"), 403, "AccessDenied");
    }

    @Test
    void clocksMayDifferByAQuarterOfAnHour() throws IOException {
        accepted(TestRequest.of("GET", "/bucket").at(NOW.minus(Duration.ofMinutes(14))));
        accepted(TestRequest.of("GET", "/bucket").at(NOW.plus(Duration.ofMinutes(14))));
        refused(TestRequest.of("GET", "/bucket").at(NOW.minus(Duration.ofMinutes(16))), 403, "RequestTimeTooSkewed");
        refused(TestRequest.of("GET", "/bucket").at(NOW.plus(Duration.ofMinutes(16))), 403, "RequestTimeTooSkewed");
    }

    @Test
    void presignedRequestsHoldUntilTheyExpire() throws IOException {
        accepted(request("PUT", "/bucket/p").body("text"));
        byte[] presigned = request("GET", "/bucket/p").presign(600).bytes();
        CLOCK.set(NOW.plusSeconds(599));
        assertThat(RawHttp.send(node.port(), presigned).body()).isEqualTo("text");
        CLOCK.set(NOW.plusSeconds(600));
        assertThat(RawHttp.send(node.port(), presigned).code()).isEqualTo("AccessDenied");
        CLOCK.set(NOW.minus(Duration.ofMinutes(16)));
        assertThat(RawHttp.send(node.port(), presigned).code()).isEqualTo("AccessDenied");
    }

    @Test
    void presignedRequestsHoldAWeekAtMost() throws IOException {
        refused(request("GET", "/bucket").presign(604_801), 403, "AccessDenied");
        refused(request("GET", "/bucket").presign(0), 403, "AccessDenied");
        refused(request("GET", "/bucket").presign(-1), 403, "AccessDenied");
        refused(
                request("GET", "/bucket").presign(60).query("X-Amz-Expires", "600000"),
                400,
                "AuthorizationQueryParametersError");
        refused(request("GET", "/bucket").presign(60).query("prefix", "x"), 403, "SignatureDoesNotMatch");
        refused(
                request("DELETE", "/bucket").query("x", "").presign(60).query("X-Amz-Signature", "0"),
                400,
                "AuthorizationQueryParametersError");
    }

    @Test
    void parametersOfPresignedRequestsStandForHeaders() throws IOException {
        accepted(request("PUT", "/bucket/h")
                .query("x-amz-meta-color", "blue\r\nx-evil: 1")
                .presign(60)
                .body("text"));
        RawHttp.Answer answer = request("GET", "/bucket/h").send(node);
        assertThat(answer.header("x-amz-meta-color")).contains("blue  x-evil: 1");
        assertThat(answer.header("x-evil")).isEmpty();
    }

    @Test
    void theAnonymousAndTheMalformedAreTurnedAway() throws IOException {
        refused(request("GET", "/bucket").anonymous(), 403, "AccessDenied");
        refused(request("GET", "/").anonymous(), 403, "AccessDenied");
        for (String header : List.of(
                "AWS4-HMAC-SHA256",
                "AWS4-HMAC-SHA256 ",
                "AWS4-HMAC-SHA256 Credential=a/20260304/r/s3/aws4_request",
                "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=00",
                "AWS4-HMAC-SHA256 Credential=a/20260304/r/s3/aws4_request,SignedHeaders=date,Signature=00",
                "AWS4-HMAC-SHA256 Credential=a/20260304/r/s3/aws4_request,Credential=b/20260304/r/s3/aws4_request,"
                        + "SignedHeaders=host,Signature=00",
                "AWS MAINKEY:signature",
                "Bearer x",
                "")) {
            RawHttp.Answer answer = request("GET", "/bucket")
                    .anonymous()
                    .header("authorization", header)
                    .header("x-amz-date", "20260304T050607Z")
                    .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
                    .send(node);
            assertThat(answer.status()).as(header).isIn(400, 403);
        }
    }

    @Test
    void twoSignaturesAreNone() throws IOException {
        TestRequest request = request("GET", "/bucket").presign(60);
        refused(request.header("authorization", "AWS4-HMAC-SHA256 Credential=a"), 400, "InvalidArgument");
    }

    @Test
    void chunksAreTakenWithTheirSignatures() throws IOException {
        byte[] content = "a".repeat(70_000).getBytes(StandardCharsets.US_ASCII);
        accepted(request("PUT", "/bucket/c").chunked(content, List.of(65_536, 4_464), ""));
        assertThat(request("GET", "/bucket/c").send(node).body()).isEqualTo("a".repeat(70_000));
        accepted(request("PUT", "/bucket/empty").chunked(new byte[0], List.of(), ""));
    }

    @Test
    void trailersAreTakenWithTheirSignatures() throws IOException {
        byte[] content = "hello world".getBytes(StandardCharsets.US_ASCII);
        accepted(request("PUT", "/bucket/t").chunked(content, List.of(11), "x-amz-checksum-crc32:DUoRhQ=="));
        refused(
                request("PUT", "/bucket/t2").chunked(content, List.of(11), "x-amz-checksum-crc32:DUoRhA=="),
                400,
                "BadDigest");
        assertThat(request("GET", "/bucket/t2").send(node).code()).isEqualTo("NoSuchKey");
    }

    /** Every byte of the coding counts: change one, and nothing is written. */
    @Test
    void aChangedByteInAnyPlaceOfAChunkedBodyIsNoticed() throws IOException {
        byte[] content = "0123456789".getBytes(StandardCharsets.US_ASCII);
        byte[] coded = request("PUT", "/bucket/tampered")
                .chunked(content, List.of(6, 4), "x-amz-checksum-crc32:poTH2A==")
                .body();
        for (int i = 0; i < coded.length; i++) {
            TestRequest request =
                    request("PUT", "/bucket/tampered").chunked(content, List.of(6, 4), "x-amz-checksum-crc32:poTH2A==");
            byte[] spoilt = request.body();
            spoilt[i] ^= 1;
            RawHttp.Answer answer = request.body(spoilt).send(node);
            // The case of hexadecimal digits and of header names is not part of what they say; the flipped bit is no
            // case.
            assertThat(answer.status()).as("byte " + i).isIn(400, 403);
        }
        assertThat(request("GET", "/bucket/tampered").send(node).code()).isEqualTo("NoSuchKey");
    }

    @Test
    void revokedKeysOpenNothing() throws IOException {
        var made = node.keys().create("main", List.of());
        TestRequest.Key key = new TestRequest.Key(made.key().id(), made.secret());
        accepted(request("GET", "/bucket").by(key));
        assertThat(node.keys().revoke(key.id())).isTrue();
        refused(request("GET", "/bucket").by(key), 403, "InvalidAccessKeyId");
    }

    @Test
    void hostNamesMayNameTheBucket() throws IOException {
        accepted(request("PUT", "/k").header("host", "bucket.s3.test:8183").body("virtual"));
        assertThat(request("GET", "/bucket/k").send(node).body()).isEqualTo("virtual");
        accepted(request("GET", "/").header("host", "BUCKET.S3.test"));
        accepted(request("GET", "/").header("host", "s3.test"));
    }
}
