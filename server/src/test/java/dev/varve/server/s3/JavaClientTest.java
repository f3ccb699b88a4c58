package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The AWS SDK for Java, with its defaults. */
@Tag("slow")
class JavaClientTest {
    private static final String BUCKET = "java-bucket";

    @Test
    void theSdkPutsGetsListsAndUploadsInParts(@TempDir Path directory) {
        try (S3TestNode node = S3TestNode.startLocal(directory, S3TestNode.config());
                S3Client client = S3Client.builder()
                        .endpointOverride(URI.create("http://127.0.0.1:" + node.port()))
                        .region(Region.of(S3TestNode.REGION))
                        .forcePathStyle(true)
                        .httpClient(UrlConnectionHttpClient.create())
                        .credentialsProvider(StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(S3TestNode.MAIN_KEY, S3TestNode.MAIN_SECRET)))
                        .build()) {
            client.createBucket(request -> request.bucket(BUCKET));
            putAndGet(client);
            uploadInParts(client);
            listAndDelete(client);
        }
    }

    private static void putAndGet(S3Client client) {
        String key = "folder/\u00e4 + \uD83D\uDE00%2F";
        client.putObject(
                request -> request.bucket(BUCKET).key(key).metadata(Map.of("color", "blue")),
                RequestBody.fromString("hello"));
        ResponseBytes<GetObjectResponse> got =
                client.getObjectAsBytes(request -> request.bucket(BUCKET).key(key));
        assertThat(got.asUtf8String()).isEqualTo("hello");
        assertThat(got.response().metadata()).containsEntry("color", "blue");
        assertThat(client.getObjectAsBytes(
                                request -> request.bucket(BUCKET).key(key).range("bytes=1-3"))
                        .asUtf8String())
                .isEqualTo("ell");
        for (ChecksumAlgorithm algorithm : List.of(
                ChecksumAlgorithm.CRC32, ChecksumAlgorithm.CRC32_C, ChecksumAlgorithm.SHA1, ChecksumAlgorithm.SHA256)) {
            client.putObject(
                    request -> request.bucket(BUCKET).key("sum").checksumAlgorithm(algorithm),
                    RequestBody.fromString(algorithm.toString()));
            assertThat(client.getObjectAsBytes(request -> request.bucket(BUCKET).key("sum"))
                            .asUtf8String())
                    .isEqualTo(algorithm.toString());
        }
        assertThatThrownBy(() -> client.putObject(
                        request -> request.bucket(BUCKET).key(key).ifNoneMatch("*"), RequestBody.fromString("other")))
                .isInstanceOfSatisfying(
                        S3Exception.class,
                        refusal -> assertThat(refusal.statusCode()).isEqualTo(412));
        client.copyObject(request -> request.sourceBucket(BUCKET)
                .sourceKey(key)
                .destinationBucket(BUCKET)
                .destinationKey("copied"));
        assertThat(client.headObject(request -> request.bucket(BUCKET).key("copied"))
                        .contentLength())
                .isEqualTo(5);
    }

    private static void uploadInParts(S3Client client) {
        byte[] bytes = new byte[(16 << 20) + 12345];
        new Random(1).nextBytes(bytes);
        String upload = client.createMultipartUpload(
                        request -> request.bucket(BUCKET).key("parts"))
                .uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        int partBytes = 8 << 20;
        for (int offset = 0; offset < bytes.length; offset += partBytes) {
            int number = parts.size() + 1;
            byte[] part = Arrays.copyOfRange(bytes, offset, Math.min(bytes.length, offset + partBytes));
            String etag = client.uploadPart(
                            request -> request.bucket(BUCKET)
                                    .key("parts")
                                    .uploadId(upload)
                                    .partNumber(number),
                            RequestBody.fromBytes(part))
                    .eTag();
            parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
        }
        client.completeMultipartUpload(request -> request.bucket(BUCKET)
                .key("parts")
                .uploadId(upload)
                .multipartUpload(completed -> completed.parts(parts)));
        assertThat(client.getObjectAsBytes(request -> request.bucket(BUCKET).key("parts"))
                        .asByteArray())
                .isEqualTo(bytes);
    }

    private static void listAndDelete(S3Client client) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 1100; i++) {
            String key = "many/%05d".formatted(i);
            keys.add(key);
            client.putObject(request -> request.bucket(BUCKET).key(key), RequestBody.empty());
        }
        assertThat(client
                        .listObjectsV2Paginator(
                                request -> request.bucket(BUCKET).prefix("many/"))
                        .contents()
                        .stream()
                        .map(S3Object::key))
                .isEqualTo(keys);
        List<ObjectIdentifier> gone = keys.subList(0, 1000).stream()
                .map(key -> ObjectIdentifier.builder().key(key).build())
                .toList();
        assertThat(client.deleteObjects(request -> request.bucket(BUCKET)
                                .delete(Delete.builder().objects(gone).build()))
                        .errors())
                .isEmpty();
        assertThat(client.listObjectsV2(request -> request.bucket(BUCKET).prefix("many/"))
                        .keyCount())
                .isEqualTo(100);
    }
}
