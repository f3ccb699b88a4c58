package dev.varve.server.s3;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A node as the tests of clients need it: the bucket {@code many} with {@value #KEYS} keys, {@code many/00000} and so on,
 * each with its own name for content; and a file of 1 GiB to upload.
 */
final class ClientsNode implements AutoCloseable {
    static final String MANY = "many";
    static final int KEYS = 10_000;
    static final long LARGE_BYTES = 1L << 30;

    private final S3TestNode node;
    private final Path large;

    private ClientsNode(S3TestNode node, Path large) {
        this.node = node;
        this.large = large;
    }

    static ClientsNode start(Path directory) throws IOException {
        Path large = directory.resolve("large");
        byte[] block = new byte[1 << 20];
        Random random = new Random(1);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(large))) {
            for (long written = 0; written < LARGE_BYTES; written += block.length) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        S3TestNode node = S3TestNode.startLocal(directory, S3TestNode.config());
        node.objects().createBucket(MANY, "main", BucketSettings.DEFAULT);
        List<Future<StoredObject>> written = new ArrayList<>();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < KEYS; number++) {
                ObjectKey key = ObjectKey.of(key(number));
                ObjectWrite write = ObjectWrite.of(MANY, key, "main");
                written.add(writers.submit(
                        () -> node.objects().put(write, Body.of(new ByteArrayInputStream(key.bytes())))));
            }
        }
        written.forEach(Future::resultNow);
        return new ClientsNode(node, large);
    }

    static String key(int number) {
        return "many/%05d".formatted(number);
    }

    Path large() {
        return large;
    }

    String url() {
        return "http://127.0.0.1:" + node.port();
    }

    /** All that a program needs to know, in variables of its environment. */
    Map<String, String> environment() {
        return Map.of(
                "AWS_ACCESS_KEY_ID",
                S3TestNode.MAIN_KEY,
                "AWS_SECRET_ACCESS_KEY",
                S3TestNode.MAIN_SECRET,
                "AWS_DEFAULT_REGION",
                S3TestNode.REGION,
                "AWS_REGION",
                S3TestNode.REGION,
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "AWS_CONFIG_FILE",
                large.resolveSibling("aws-config").toString(),
                "S3_ENDPOINT",
                url(),
                "S3_LARGE",
                large.toString(),
                "S3_FOLDER",
                large.resolveSibling("work").toString());
    }

    @Override
    public void close() {
        node.close();
    }
}
