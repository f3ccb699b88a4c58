package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.ChunkObjectStore;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A full disk as it is seen through all doors to objects: S3, keys and values, media. */
@Timeout(120)
class DiskFullTest {
    private static final long ROOM = 6L << 20;
    private static final int OBJECT_BYTES = 400_000;

    @TempDir
    private Path directory;

    private LimitedDisk disk;
    private ChunkObjectStore store;
    private StoreMaintenance maintenance;
    private OpenLake lake;
    private S3Endpoint endpoint;
    private S3Client client;
    private List<ObjectDoor> doors;

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
        client = ObjectDoor.client(endpoint.port(), key);
        doors = ObjectDoor.all(lake.url(), client);
    }

    @AfterEach
    void close() {
        client.close();
        endpoint.close();
        lake.close();
        store.close();
    }

    @Test
    void writesAreRefusedReadsGoOnAndDeletesGiveBack() throws Exception {
        List<List<String>> kept = new ArrayList<>();
        for (int i = 0; i < doors.size(); i++) {
            disk.leave(reserve + ROOM);
            kept.add(doors.get(i).fill("k", OBJECT_BYTES));
            assertThat(kept.getLast()).hasSizeGreaterThan(10);
        }
        disk.leave(reserve);
        for (int i = 0; i < doors.size(); i++) {
            ObjectDoor door = doors.get(i);
            door.assertFull(door.put("small", new byte[1]));
            door.assertFull(door.put("k0", new byte[1]));
            door.assertHolds(kept.get(i), OBJECT_BYTES);
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
        for (ObjectDoor door : doors) {
            assertThat(door.put("again", door.bytes("again", OBJECT_BYTES)).status())
                    .isEqualTo(201);
            door.assertHolds(List.of("again"), OBJECT_BYTES);
        }
    }
}
