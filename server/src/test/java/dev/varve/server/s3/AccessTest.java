package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.keys.Grant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation by every kind of caller: nobody but the owner gets anywhere, nor learns what is there. */
class AccessTest {
    /** One operation on the bucket {@code private}, as it is named on the wire. */
    record Attempt(Operation operation, String method, String path, List<Query.Parameter> query, String body) {
        TestRequest request() {
            TestRequest request = TestRequest.of(method, path);
            query.forEach(parameter -> request.query(parameter.name(), parameter.value()));
            if (operation == Operation.COPY_OBJECT || operation == Operation.UPLOAD_PART_COPY) {
                request.header("x-amz-copy-source", "/private/there");
            }
            if (operation == Operation.GET_ATTRIBUTES) {
                request.header("x-amz-object-attributes", "ETag");
            }
            if (operation == Operation.PUT_BUCKET_ACL || operation == Operation.PUT_OBJECT_ACL) {
                request.header("x-amz-acl", "public-read");
            }
            if (!body.isEmpty()) {
                request.header("content-md5", md5(body)).body(body);
            }
            return request;
        }

        @Override
        public String toString() {
            return operation.label();
        }
    }

    private static S3TestNode node;
    private static TestRequest.Key revoked;
    private static TestRequest.Key reader;
    private static TestRequest.Key writer;
    private static String upload = "";

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        node = S3TestNode.start(directory);
        node.objects()
                .createBucket(
                        "private",
                        "main",
                        BucketSettings.DEFAULT
                                .withVersioning(BucketSettings.Versioning.ENABLED)
                                .withObjectLock(true));
        node.objects().createBucket("public", "main", BucketSettings.DEFAULT.withPublicRead(true));
        node.objects().createBucket("theirs", "alt", BucketSettings.DEFAULT);
        assertThat(TestRequest.of("PUT", "/private/there")
                        .body("secret")
                        .send(node)
                        .status())
                .isEqualTo(200);
        assertThat(TestRequest.of("PUT", "/public/there")
                        .body("open")
                        .send(node)
                        .status())
                .isEqualTo(200);
        upload = TestRequest.of("POST", "/private/there")
                .query("uploads", "")
                .send(node)
                .text("UploadId");
        revoked = made("main");
        assertThat(node.keys().revoke(revoked.id())).isTrue();
        reader = made("reader", "read:private");
        writer = made("writer", "write:private");
    }

    private static TestRequest.Key made(String user, String... grants) {
        AccessKeys.Created created =
                node.keys().create(user, Stream.of(grants).map(Grant::parse).toList());
        return new TestRequest.Key(created.key().id(), created.secret());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static String md5(String text) {
        return Base64.getEncoder()
                .encodeToString(SignatureV4.digest("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** All operations there are but for making buckets, which belong to nobody yet. */
    static List<Attempt> attempts() {
        List<Attempt> attempts = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            switch (operation) {
                case LIST_BUCKETS, CREATE_BUCKET -> {
                    // Of no bucket.
                }
                case LATER_BUCKET -> attempts.add(attempt(operation, "GET", "/private", "policy", ""));
                case LATER_OBJECT -> attempts.add(attempt(operation, "POST", "/private/there", "restore", ""));
                default ->
                    attempts.add(attempt(
                            operation,
                            method(operation),
                            operation.level() == Operation.Level.OBJECT ? "/private/there" : "/private",
                            subResource(operation),
                            body(operation)));
            }
        }
        return attempts;
    }

    private static Attempt attempt(Operation operation, String method, String path, String subResource, String body) {
        List<Query.Parameter> query = new ArrayList<>();
        if (!subResource.isEmpty()) {
            query.add(new Query.Parameter(subResource, subResource.equals("uploadId") ? upload : ""));
        }
        if (operation == Operation.UPLOAD_PART || operation == Operation.UPLOAD_PART_COPY) {
            query.add(new Query.Parameter("partNumber", "1"));
        }
        return new Attempt(operation, method, path, query, body);
    }

    private static String method(Operation operation) {
        return switch (operation) {
            case HEAD_BUCKET, HEAD_OBJECT -> "HEAD";
            case DELETE_OBJECTS, CREATE_UPLOAD, COMPLETE_UPLOAD -> "POST";
            case UPLOAD_PART, UPLOAD_PART_COPY, COPY_OBJECT -> "PUT";
            case ABORT_UPLOAD -> "DELETE";
            default -> {
                String name = operation.name();
                yield name.startsWith("PUT") ? "PUT" : name.startsWith("DELETE") ? "DELETE" : "GET";
            }
        };
    }

    private static String subResource(Operation operation) {
        return switch (operation) {
            case LIST_OBJECT_VERSIONS -> "versions";
            case LIST_UPLOADS, CREATE_UPLOAD -> "uploads";
            case DELETE_OBJECTS -> "delete";
            case GET_LOCATION -> "location";
            case GET_VERSIONING, PUT_VERSIONING -> "versioning";
            case GET_LOCK_CONFIGURATION, PUT_LOCK_CONFIGURATION -> "object-lock";
            case GET_BUCKET_TAGGING,
                    PUT_BUCKET_TAGGING,
                    DELETE_BUCKET_TAGGING,
                    GET_OBJECT_TAGGING,
                    PUT_OBJECT_TAGGING,
                    DELETE_OBJECT_TAGGING -> "tagging";
            case GET_LIFECYCLE, PUT_LIFECYCLE, DELETE_LIFECYCLE -> "lifecycle";
            case GET_BUCKET_ACL, PUT_BUCKET_ACL, GET_OBJECT_ACL, PUT_OBJECT_ACL -> "acl";
            case GET_ATTRIBUTES -> "attributes";
            case GET_RETENTION, PUT_RETENTION -> "retention";
            case GET_LEGAL_HOLD, PUT_LEGAL_HOLD -> "legal-hold";
            case UPLOAD_PART, UPLOAD_PART_COPY, COMPLETE_UPLOAD, ABORT_UPLOAD, LIST_PARTS -> "uploadId";
            default -> "";
        };
    }

    private static String body(Operation operation) {
        return switch (operation) {
            case DELETE_OBJECTS -> "<Delete><Object><Key>there</Key></Object></Delete>";
            case PUT_OBJECT, UPLOAD_PART -> "overwritten";
            case PUT_VERSIONING -> "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
            case PUT_LEGAL_HOLD -> "<LegalHold><Status>ON</Status></LegalHold>";
            case PUT_BUCKET_TAGGING, PUT_OBJECT_TAGGING ->
                "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
            default -> "";
        };
    }

    private static void denied(TestRequest request, String code) throws IOException {
        RawHttp.Answer answer = request.send(node);
        assertThat(answer.status()).as(answer.body()).isEqualTo(403);
        if (!answer.body().isEmpty()) {
            assertThat(answer.code()).isEqualTo(code);
        }
        assertThat(answer.header("etag")).isEmpty();
        assertThat(answer.header("x-amz-version-id")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void othersGetNowhere(Attempt attempt) throws IOException {
        denied(attempt.request().by(TestRequest.Key.ALT), "AccessDenied");
        denied(attempt.request().anonymous(), "AccessDenied");
        denied(attempt.request().by(revoked), "InvalidAccessKeyId");
        assertThat(node.objects().find("private", ObjectKey.of("there"), Optional.empty()))
                .hasValueSatisfying(object -> assertThat(object.size()).isEqualTo(6));
    }

    /** A key that is there, one that is not, and a bucket's settings look the same from outside. */
    @Test
    void whatIsThereLooksLikeWhatIsNot() throws IOException {
        for (String method : List.of("GET", "HEAD", "PUT", "DELETE")) {
            RawHttp.Answer there = TestRequest.of(method, "/private/there")
                    .by(TestRequest.Key.ALT)
                    .send(node);
            RawHttp.Answer missing = TestRequest.of(method, "/private/missing")
                    .by(TestRequest.Key.ALT)
                    .send(node);
            assertThat(there.status()).isEqualTo(missing.status()).isEqualTo(403);
            assertThat(there.code()).isEqualTo(missing.code());
        }
    }

    @Test
    void grantsOpenWhatTheySayAndNoMore() throws IOException {
        assertThat(TestRequest.of("GET", "/private/there").by(reader).send(node).body())
                .isEqualTo("secret");
        assertThat(TestRequest.of("GET", "/private")
                        .query("versions", "")
                        .by(reader)
                        .send(node)
                        .status())
                .isEqualTo(200);
        assertThat(TestRequest.of("GET", "/").by(reader).send(node).body())
                .contains("private")
                .doesNotContain("theirs");
        denied(TestRequest.of("PUT", "/private/x").by(reader).body("x"), "AccessDenied");
        denied(TestRequest.of("GET", "/theirs").by(reader), "AccessDenied");
        assertThat(TestRequest.of("PUT", "/private/written")
                        .by(writer)
                        .body("x")
                        .send(node)
                        .status())
                .isEqualTo(200);
        denied(TestRequest.of("GET", "/private/written").by(writer), "AccessDenied");
        denied(TestRequest.of("DELETE", "/private").by(writer), "AccessDenied");
        denied(
                TestRequest.of("PUT", "/private")
                        .query("acl", "")
                        .header("x-amz-acl", "public-read")
                        .by(writer),
                "AccessDenied");
    }

    @Test
    void copiesReadWhatTheCallerMayReadOnly() throws IOException {
        denied(
                TestRequest.of("PUT", "/theirs/stolen")
                        .by(TestRequest.Key.ALT)
                        .header("x-amz-copy-source", "private/there"),
                "AccessDenied");
        denied(
                TestRequest.of("PUT", "/theirs/stolen")
                        .by(TestRequest.Key.ALT)
                        .header("x-amz-copy-source", "private%2Fmissing"),
                "AccessDenied");
        assertThat(TestRequest.of("PUT", "/theirs/copied")
                        .by(TestRequest.Key.ALT)
                        .header("x-amz-copy-source", "public/there")
                        .send(node)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void anybodyReadsWhatIsPublic() throws IOException {
        assertThat(TestRequest.of("GET", "/public/there").anonymous().send(node).body())
                .isEqualTo("open");
        assertThat(TestRequest.of("GET", "/public").anonymous().send(node).body())
                .contains("<Key>there</Key>");
        assertThat(TestRequest.of("GET", "/public/missing")
                        .anonymous()
                        .send(node)
                        .code())
                .isEqualTo("NoSuchKey");
        denied(TestRequest.of("PUT", "/public/x").anonymous().body("x"), "AccessDenied");
        denied(TestRequest.of("DELETE", "/public/there").anonymous(), "AccessDenied");
        denied(TestRequest.of("GET", "/public").query("versions", "").anonymous(), "AccessDenied");
        denied(TestRequest.of("GET", "/public").query("acl", "").anonymous(), "AccessDenied");
        denied(TestRequest.of("GET", "/public/there").query("versionId", "null").anonymous(), "AccessDenied");
        assertThat(TestRequest.of("PUT", "/public/hidden")
                        .header("x-amz-acl", "private")
                        .body("x")
                        .send(node)
                        .status())
                .isEqualTo(200);
        denied(TestRequest.of("GET", "/public/hidden").anonymous(), "AccessDenied");
    }

    @Test
    void governanceIsOverruledByOwnersOnly() throws IOException {
        String until = Instant.now().plusSeconds(3600).toString();
        RawHttp.Answer put = TestRequest.of("PUT", "/private/locked")
                .header("x-amz-object-lock-mode", "GOVERNANCE")
                .header("x-amz-object-lock-retain-until-date", until)
                .header("content-md5", md5("x"))
                .body("x")
                .send(node);
        String version = put.header("x-amz-version-id").orElse("");
        denied(
                TestRequest.of("DELETE", "/private/locked")
                        .query("versionId", version)
                        .header("x-amz-bypass-governance-retention", "true")
                        .by(writer),
                "AccessDenied");
        denied(TestRequest.of("DELETE", "/private/locked").query("versionId", version), "AccessDenied");
        assertThat(TestRequest.of("DELETE", "/private/locked")
                        .query("versionId", version)
                        .header("x-amz-bypass-governance-retention", "true")
                        .send(node)
                        .status())
                .isEqualTo(204);
    }
}
