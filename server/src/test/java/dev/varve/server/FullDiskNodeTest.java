package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.server.keys.AccessKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/** A whole node, with its logs and indexes, on a small file system in memory that is really full. Needs root, to mount it. */
@Tag("slow")
@Timeout(300)
class FullDiskNodeTest {
    /** Less than what the SDK first asks leave for; of a refusal then it would not tell the reason. */
    private static final int OBJECT_BYTES = 1_000_000;

    @TempDir
    private Path directory;

    private Path disk;

    private static boolean runs(String... command) throws IOException, InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        disk = Files.createDirectory(directory.resolve("disk"));
        boolean isMounted = runs("mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", disk.toString());
        assumeTrue(isMounted, "a file system in memory cannot be mounted here: that needs Linux and root");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        runs("umount", "--lazy", disk.toString());
    }

    private Node start() {
        Map<String, String> settings = Map.of(
                "data.dir", disk.resolve("data").toString(), "http.port", "0", "flight.port", "0", "s3.port", "0");
        return Node.start(NodeConfig.load(null, Map.of(), settings));
    }

    @Test
    void refusesWritesAndGoesOnReadingAndDeletingAlsoAfterARestart() throws Exception {
        List<String> kept;
        AccessKeys.Created key;
        try (Node node = start()) {
            key = AccessKeys.open(disk.resolve("data").resolve(AccessKeys.DIRECTORY), InstantSource.system())
                    .create("ann", List.of());
            try (S3Client client = ObjectDoor.client(node.s3Port(), key)) {
                List<ObjectDoor> doors = ObjectDoor.all("http://127.0.0.1:" + node.httpPort(), client);
                for (ObjectDoor door : doors) {
                    assertThat(door.put("early", door.bytes("early", OBJECT_BYTES))
                                    .status())
                            .isEqualTo(201);
                }
                ObjectDoor s3 = doors.getFirst();
                kept = s3.fill("k", OBJECT_BYTES);
                assertThat(kept).hasSizeGreaterThan(50);
                // What is left is less than such an object; smaller ones take it.
                List<String> small = s3.fill("small", 100_000);
                for (ObjectDoor door : doors) {
                    door.assertFull(door.put("more", door.bytes("more", OBJECT_BYTES)));
                    door.assertHolds(List.of("early"), OBJECT_BYTES);
                }
                s3.assertHolds(kept, OBJECT_BYTES);
                s3.assertHolds(small, 100_000);
            }
        }
        try (Node node = start();
                S3Client client = ObjectDoor.client(node.s3Port(), key)) {
            ObjectDoor s3 = new ObjectDoor.S3(client);
            s3.assertHolds(kept, OBJECT_BYTES);
            s3.assertFull(s3.put("more", s3.bytes("more", OBJECT_BYTES)));
            for (String gone : kept) {
                assertThat(s3.delete(gone)).isEqualTo(204);
            }
            assertThat(client.listObjectsV2(
                                    request -> request.bucket("s3-bucket").prefix("k"))
                            .contents())
                    .isEmpty();
        }
    }
}
