package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints what three nodes of one process do in a second: small objects, kept with what is known of them. */
@Tag("slow")
final class ReplicatedStoreSpeedTest {
    private static final int CLIENTS = Integer.getInteger("varve.clients", 16);
    private static final long SECONDS = 5;

    @TempDir
    Path directory;

    @Test
    void smallObjects() throws Exception {
        ReplicatedNodes nodes = new ReplicatedNodes(directory, InstantSource.system(), 3);
        try (TestCluster cluster =
                new TestCluster(directory, ObjectStoreConfig.DEFAULT, nodes::start, InstantSource.system(), 3)) {
            for (int bucket = 0; bucket < 4; bucket++) {
                cluster.node(0).objects().createBucket("bucket" + bucket, "ada", BucketSettings.DEFAULT);
            }
            byte[] bytes = ObjectStoreContract.bytes(1, 1000);
            AtomicInteger keys = new AtomicInteger();
            for (int round = 0; round < 2; round++) {
                measure("puts", client -> {
                    int key = keys.incrementAndGet();
                    cluster.node(client % 3)
                            .objects()
                            .put(
                                    ObjectWrite.of("bucket" + client % 4, ObjectKey.of("key" + key), "ada"),
                                    ObjectStoreContract.body(bytes));
                });
                measure("finds", client -> {
                    ObjectKey key = ObjectKey.of("key" + client);
                    cluster.node(client % 3)
                            .objects()
                            .find("bucket" + client % 4, key, Optional.empty())
                            .ifPresent(found -> assertThat(found.size()).isEqualTo(bytes.length));
                });
            }
        }
    }

    private static void measure(String what, IntConsumer work) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            long end = System.nanoTime() + SECONDS * 1_000_000_000;
            List<Future<Long>> counts = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                Callable<Long> loop = () -> {
                    long count = 0;
                    while (System.nanoTime() < end) {
                        work.accept(number);
                        count++;
                    }
                    return count;
                };
                counts.add(threads.submit(loop));
            }
            long sum = 0;
            for (Future<Long> count : counts) {
                sum += count.get();
            }
            System.out.printf(
                    "%,d %s a second, %.2f ms each, %d clients%n",
                    sum / SECONDS, what, CLIENTS * SECONDS * 1000.0 / Math.max(1, sum), CLIENTS);
        }
    }
}
