package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.server.keys.AccessKeys;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A way to the objects of a node, each with a bucket of its own: S3, keys and values, media. */
sealed interface ObjectDoor {
    /** An answer: its status, and what it says of a failure. */
    record Said(int status, String code, String help) {}

    Said put(String key, byte[] bytes) throws IOException, InterruptedException;

    byte[] get(String key) throws IOException, InterruptedException;

    /** Gives back the status. */
    int delete(String key) throws IOException, InterruptedException;

    /** Checks that an answer says that the disk is full, and what can be done. */
    void assertFull(Said said);

    static S3Client client(int port, AccessKeys.Created key) {
        return S3Client.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + port))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(overrides -> overrides.retryStrategy(retries -> retries.maxAttempts(1)))
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(key.key().id(), key.secret())))
                .build();
    }

    /** All of them; makes their buckets. */
    static List<ObjectDoor> all(String url, S3Client client) throws IOException, InterruptedException {
        client.createBucket(request -> request.bucket("s3-bucket"));
        Api values = new Api(url + "/api/v1/kv/kv-bucket");
        Api media = new Api(url + "/api/v1/media/media-bucket");
        for (Api api : List.of(values, media)) {
            assertThat(api.put("", new byte[0]).status()).isEqualTo(201);
        }
        return List.of(new S3(client), values, media);
    }

    /** What a test writes under a key. */
    default byte[] bytes(String key, int length) {
        byte[] bytes = new byte[length];
        new Random(key.hashCode()).nextBytes(bytes);
        return bytes;
    }

    /** Writes until the disk is full; gives back the keys that were acknowledged. */
    default List<String> fill(String prefix, int length) throws IOException, InterruptedException {
        List<String> keys = new ArrayList<>();
        while (true) {
            String key = prefix + keys.size();
            Said said = put(key, bytes(key, length));
            if (said.status() != 201) {
                assertFull(said);
                return keys;
            }
            keys.add(key);
            assertThat(keys).hasSizeLessThan(10_000);
        }
    }

    default void assertHolds(List<String> keys, int length) throws IOException, InterruptedException {
        for (String key : keys) {
            assertThat(get(key)).as(key).isEqualTo(bytes(key, length));
        }
    }

    /** By the SDK of S3. */
    record S3(S3Client client) implements ObjectDoor {
        @Override
        public Said put(String key, byte[] bytes) {
            try {
                client.putObject(request -> request.bucket("s3-bucket").key(key), RequestBody.fromBytes(bytes));
                return new Said(201, "", "");
            } catch (S3Exception e) {
                return new Said(
                        e.statusCode(),
                        e.awsErrorDetails().errorCode(),
                        e.awsErrorDetails().errorMessage());
            }
        }

        @Override
        public byte[] get(String key) {
            return client.getObjectAsBytes(
                            request -> request.bucket("s3-bucket").key(key))
                    .asByteArray();
        }

        @Override
        public int delete(String key) {
            return client.deleteObject(request -> request.bucket("s3-bucket").key(key))
                    .sdkHttpResponse()
                    .statusCode();
        }

        @Override
        public void assertFull(Said said) {
            assertThat(said.status()).as(said.toString()).isEqualTo(507);
            assertThat(said.code()).isEqualTo("InsufficientStorage");
            assertThat(said.help()).contains("no room left").contains("reading goes on");
        }
    }

    /** By the HTTP interface, at the address of a bucket. */
    record Api(String bucket) implements ObjectDoor {
        private static final ObjectMapper JSON = new ObjectMapper();
        private static final HttpClient CLIENT = HttpClient.newHttpClient();

        private HttpResponse<byte[]> send(String key, String method, byte[] body)
                throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(URI.create(key.isEmpty() ? bucket : bucket + "/" + key))
                    .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            return CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
        }

        @Override
        public Said put(String key, byte[] bytes) throws IOException, InterruptedException {
            HttpResponse<byte[]> answer = send(key, "PUT", bytes);
            JsonNode json = JSON.readTree(answer.body());
            return new Said(
                    answer.statusCode(),
                    json.path("code").asText(),
                    json.path("detail").asText() + "; " + json.path("hint").asText());
        }

        @Override
        public byte[] get(String key) throws IOException, InterruptedException {
            return send(key, "GET", new byte[0]).body();
        }

        @Override
        public int delete(String key) throws IOException, InterruptedException {
            return send(key, "DELETE", new byte[0]).statusCode();
        }

        @Override
        public void assertFull(Said said) {
            assertThat(said.status()).as(said.toString()).isEqualTo(507);
            assertThat(said.code()).isEqualTo("DISK_FULL");
            assertThat(said.help()).contains("free some space");
        }
    }
}
