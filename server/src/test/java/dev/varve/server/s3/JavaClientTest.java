package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
    private static final int PART_BYTES = 32 << 20;

    @Test
    void theSdkPutsGetsListsAndUploadsInParts(@TempDir Path directory) throws IOException {
        try (ClientsNode node = ClientsNode.start(directory);
                S3Client client = S3Client.builder()
                        .endpointOverride(URI.create(node.url()))
                        .region(Region.of(S3TestNode.REGION))
                        .forcePathStyle(true)
                        .httpClient(UrlConnectionHttpClient.create())
                        .credentialsProvider(StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(S3TestNode.MAIN_KEY, S3TestNode.MAIN_SECRET)))
                        .build()) {
            client.createBucket(request -> request.bucket(BUCKET));
            putAndGet(client);
            uploadInParts(client, node.large());
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

    private static void uploadInParts(S3Client client, Path large) throws IOException {
        String upload = client.createMultipartUpload(
                        request -> request.bucket(BUCKET).key("large"))
                .uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        try (InputStream in = Files.newInputStream(large)) {
            for (byte[] part = in.readNBytes(PART_BYTES); part.length > 0; part = in.readNBytes(PART_BYTES)) {
                int number = parts.size() + 1;
                String etag = client.uploadPart(
                                request -> request.bucket(BUCKET)
                                        .key("large")
                                        .uploadId(upload)
                                        .partNumber(number),
                                RequestBody.fromBytes(part))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
            }
        }
        client.completeMultipartUpload(request -> request.bucket(BUCKET)
                .key("large")
                .uploadId(upload)
                .multipartUpload(completed -> completed.parts(parts)));
        Path downloaded = large.resolveSibling("downloaded");
        client.getObject(request -> request.bucket(BUCKET).key("large"), downloaded);
        assertThat(Files.mismatch(large, downloaded)).isNegative();
    }

    private static void listAndDelete(S3Client client) {
        List<String> keys =
                IntStream.range(0, ClientsNode.KEYS).mapToObj(ClientsNode::key).toList();
        assertThat(
                        client
                                .listObjectsV2Paginator(request ->
                                        request.bucket(ClientsNode.MANY).prefix("many/"))
                                .contents()
                                .stream()
                                .map(S3Object::key))
                .isEqualTo(keys);
        List<ObjectIdentifier> gone = keys.subList(0, 1000).stream()
                .map(key -> ObjectIdentifier.builder().key(key).build())
                .toList();
        assertThat(client.deleteObjects(request -> request.bucket(ClientsNode.MANY)
                                .delete(Delete.builder().objects(gone).build()))
                        .errors())
                .isEmpty();
        assertThat(client.listObjectsV2(
                                request -> request.bucket(ClientsNode.MANY).maxKeys(1))
                        .contents()
                        .getFirst()
                        .key())
                .isEqualTo(keys.get(1000));
    }
}
