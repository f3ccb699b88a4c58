package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.blobstore.StoreMaintenance;
import dev.varve.server.fake.LimitedDisk;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.keys.Grant;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.s3.S3Config;
import dev.varve.server.s3.S3Endpoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A full disk as it is seen through all doors to objects: S3, keys and values, media. */
@Timeout(120)
class DiskFullTest {
    private static final long ROOM = 16L << 20;
    private static final int OBJECT_BYTES = 1 << 20;

    @TempDir
    private Path directory;

    private LimitedDisk disk;
    private LocalObjectStore store;
    private StoreMaintenance maintenance;
    private OpenLake lake;
    private S3Endpoint endpoint;
    private S3Client client;

    /** Bytes of the disk that the store keeps free of objects. */
    private long reserve;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        InstantSource clock = InstantSource.system();
        disk = new LimitedDisk(directory.resolve("objects"));
        store = LocalObjectStore.open(
                directory.resolve("objects"), ObjectStoreConfig.DEFAULT.withGrace(Duration.ZERO), clock, disk);
        maintenance = store.maintenance();
        disk.leave(1L << 40);
        reserve = (1L << 40) - store.usableBytes();
        lake = new OpenLake(directory.resolve("lake"), store, clock);
        AccessKeys keys = AccessKeys.open(directory.resolve("keys"), clock);
        AccessKeys.Created key = keys.create("ann", List.of(Grant.parse("owner:*")));
        endpoint = S3Endpoint.start(
                S3Config.DEFAULT.withPort(0),
                new S3Endpoint.Parts(lake.objects, keys, clock, new Metrics(), () -> true));
        client = S3Client.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + endpoint.port()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(overrides -> overrides.retryStrategy(retries -> retries.maxAttempts(1)))
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(key.key().id(), key.secret())))
                .build();
        client.createBucket(request -> request.bucket("s3-bucket"));
        assertThat(lake.put("/api/v1/kv/kv-bucket", new byte[0]).statusCode()).isEqualTo(201);
        assertThat(lake.put("/api/v1/media/media-bucket", new byte[0]).statusCode())
                .isEqualTo(201);
    }

    @AfterEach
    void close() {
        client.close();
        endpoint.close();
        lake.close();
        store.close();
    }

    /** A way to objects. */
    private interface Door {
        /** Gives back the status and what is said with it. */
        Said put(String key, byte[] bytes) throws Exception;

        byte[] get(String key) throws Exception;

        int delete(String key) throws Exception;
    }

    private record Said(int status, String code, String help) {}

    private final class Api implements Door {
        private final String path;

        Api(String path) {
            this.path = path;
        }

        @Override
        public Said put(String key, byte[] bytes) throws Exception {
            HttpResponse<byte[]> answer = lake.put(path + key, bytes);
            JsonNode json = OpenLake.json(answer);
            return new Said(
                    answer.statusCode(),
                    json.path("code").asText(),
                    json.path("detail").asText() + "; " + json.path("hint").asText());
        }

        @Override
        public byte[] get(String key) throws Exception {
            return lake.get(path + key).body();
        }

        @Override
        public int delete(String key) throws Exception {
            return lake.delete(path + key).statusCode();
        }
    }

    private final class S3 implements Door {
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
    }

    private List<Door> doors() {
        return List.of(new S3(), new Api("/api/v1/kv/kv-bucket/"), new Api("/api/v1/media/media-bucket/"));
    }

    private static byte[] bytes(Door door, String key) {
        byte[] bytes = new byte[OBJECT_BYTES];
        new Random(door.getClass().hashCode() + key.hashCode()).nextBytes(bytes);
        return bytes;
    }

    private static void assertFull(Said said, String code) {
        assertThat(said.status()).as(said.toString()).isEqualTo(507);
        assertThat(said.code()).isEqualTo(code);
    }

    /** Writes until the disk is full; gives back the keys that were acknowledged. */
    private static List<String> fill(Door door, String code, String help) throws Exception {
        List<String> keys = new ArrayList<>();
        while (true) {
            String key = "k" + keys.size();
            Said said = door.put(key, bytes(door, key));
            if (said.status() != 201) {
                assertFull(said, code);
                assertThat(said.help()).contains(help);
                return keys;
            }
            keys.add(key);
            assertThat(keys).hasSizeLessThan(100);
        }
    }

    @Test
    void writesAreRefusedReadsGoOnAndDeletesGiveBack() throws Exception {
        List<String> codes = List.of("InsufficientStorage", "DISK_FULL", "DISK_FULL");
        List<String> helps = List.of("reading goes on", "free some space", "free some space");
        List<Door> doors = doors();
        List<List<String>> kept = new ArrayList<>();
        for (int i = 0; i < doors.size(); i++) {
            disk.leave(reserve + ROOM);
            kept.add(fill(doors.get(i), codes.get(i), helps.get(i)));
            assertThat(kept.getLast()).hasSizeGreaterThan(10);
        }
        disk.leave(reserve);
        for (int i = 0; i < doors.size(); i++) {
            Door door = doors.get(i);
            assertFull(door.put("small", new byte[1]), codes.get(i));
            assertFull(door.put("k0", new byte[1]), codes.get(i));
            for (String key : kept.get(i)) {
                assertThat(door.get(key)).as(key).isEqualTo(bytes(door, key));
            }
        }
        String upload = client.createMultipartUpload(
                        request -> request.bucket("s3-bucket").key("parts"))
                .uploadId();
        assertThatThrownBy(() -> client.uploadPart(
                        request -> request.bucket("s3-bucket")
                                .key("parts")
                                .uploadId(upload)
                                .partNumber(1),
                        RequestBody.fromBytes(new byte[1])))
                .isInstanceOfSatisfying(
                        S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(507));
        client.abortMultipartUpload(
                request -> request.bucket("s3-bucket").key("parts").uploadId(upload));
        for (int i = 0; i < doors.size(); i++) {
            for (String key : kept.get(i)) {
                assertThat(doors.get(i).delete(key)).as(key).isEqualTo(204);
            }
        }
        maintenance.emptyTrash();
        while (maintenance.compactOnce()) {
            // frees one segment after the other
        }
        assertThat(store.usableBytes()).isGreaterThan(2 * ROOM);
        for (Door door : doors) {
            assertThat(door.put("again", bytes(door, "again")).status()).isEqualTo(201);
            assertThat(door.get("again")).isEqualTo(bytes(door, "again"));
        }
    }
}
