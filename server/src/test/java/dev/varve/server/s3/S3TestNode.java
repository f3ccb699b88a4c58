package dev.varve.server.s3;

import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.MemoryObjects;
import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.server.TestCluster;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.metrics.Metrics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** An S3 endpoint over a store in memory, with keys for the users {@code main} and {@code alt}. */
final class S3TestNode implements AutoCloseable {
    static final String REGION = "eu-test-1";
    static final String MAIN_KEY = "MAINKEY00000000000001";
    static final String MAIN_SECRET = "main/secret+with=signs0000000000000000001";
    static final String ALT_KEY = "ALTKEY000000000000001";
    static final String ALT_SECRET = "alt-secret-0000000000000000000000000000001";
    static final String TENANT_KEY = "TENANTKEY0000000000001";
    static final String TENANT_SECRET = "tenant-secret-00000000000000000000000001";

    private final ObjectStore objects;
    private final AccessKeys keys;
    private final S3Endpoint endpoint;
    private final AutoCloseable below;

    private S3TestNode(ObjectStore objects, AccessKeys keys, S3Endpoint endpoint, AutoCloseable below) {
        this.below = below;
        this.objects = objects;
        this.keys = keys;
        this.endpoint = endpoint;
    }

    static S3Config config() {
        S3Config absent = S3Config.DEFAULT;
        return new S3Config(
                absent.host(),
                0,
                Optional.of("s3.test"),
                REGION,
                absent.maxObjectBytes(),
                absent.maxHeaderBytes(),
                absent.maxConcurrent(),
                absent.maxQueued(),
                absent.idleTimeout(),
                Duration.ofSeconds(20),
                false);
    }

    static S3TestNode start(Path directory) {
        return start(directory, config(), InstantSource.system());
    }

    static S3TestNode start(Path directory, S3Config config, InstantSource clock) {
        return start(directory, config, clock, MemoryObjects.create(clock));
    }

    /** Over the store that nodes have. */
    static S3TestNode startLocal(Path directory, S3Config config) {
        if (TestCluster.isWanted()) {
            return overCluster(directory, config);
        }
        InstantSource clock = InstantSource.system();
        ObjectStore objects = LocalObjectStore.open(directory.resolve("store"), ObjectStoreConfig.DEFAULT, clock);
        return start(directory, config, clock, objects);
    }

    /** An endpoint of its own over what a node of a cluster has. */
    private static S3TestNode overCluster(Path directory, S3Config config) {
        Map<String, String> ports = Map.of("http.port", "0", "flight.port", "0", "s3.port", "0");
        TestCluster cluster = TestCluster.start(directory.resolve("cluster"), ports, keys -> {});
        return start(directory, config, InstantSource.system(), cluster.objects(), cluster);
    }

    private static S3TestNode start(Path directory, S3Config config, InstantSource clock, ObjectStore objects) {
        return start(directory, config, clock, objects, objects);
    }

    private static S3TestNode start(
            Path directory, S3Config config, InstantSource clock, ObjectStore objects, AutoCloseable below) {
        AccessKeys keys = AccessKeys.open(directory.resolve("keys"), clock);
        keys.add(MAIN_KEY, MAIN_SECRET, "main", List.of());
        keys.add(ALT_KEY, ALT_SECRET, "alt", List.of());
        keys.add(TENANT_KEY, TENANT_SECRET, "testx$tenant", List.of());
        S3Endpoint endpoint =
                S3Endpoint.start(config, new S3Endpoint.Parts(objects, keys, clock, new Metrics(), () -> true));
        return new S3TestNode(objects, keys, endpoint, below);
    }

    ObjectStore objects() {
        return objects;
    }

    AccessKeys keys() {
        return keys;
    }

    int port() {
        return endpoint.port();
    }

    /** Serves until the process is ended, for clients that are started by hand: directory, port. */
    public static void main(String[] arguments) throws InterruptedException {
        S3TestNode node = startLocal(Path.of(arguments[0]), config().withPort(Integer.parseInt(arguments[1])));
        System.out.println("listening on " + node.port());
        new CountDownLatch(1).await();
    }

    @Override
    public void close() {
        endpoint.close();
        try {
            below.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
