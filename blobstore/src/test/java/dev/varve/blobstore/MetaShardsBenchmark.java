package dev.varve.blobstore;

import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.meta.MetaOp;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Figures of the metadata shards: opening, durable inline writes by 64 clients, reading one, listing 1,000 of a million.
 *
 * <p>Run: {@code java -cp <test class path> dev.varve.blobstore.MetaShardsBenchmark [directory] [keys]}; the directory must
 * be on the disk to be measured.
 */
final class MetaShardsBenchmark {
    private static final int CLIENTS = 64;
    private static final int SECONDS = 8;
    private static final int INLINE_BYTES = 4096;

    private MetaShardsBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path parent = Path.of(arguments.length > 0 ? arguments[0] : System.getProperty("java.io.tmpdir"));
        int keys = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1_000_000;
        Path directory = Files.createTempDirectory(parent, "meta");
        SteadyTime time = SteadyTime.of(InstantSource.system(), System::nanoTime);
        open(directory.resolve("first"), time, "first in this process");
        open(directory.resolve("second"), time, "new");
        open(directory.resolve("second"), time, "again");
        try (MetaShards shards = MetaShards.open(directory.resolve("work"), MetaConfig.DEFAULT, time)) {
            shards.call(new MetaOp.CreateBucket("inline", "bench", BucketSettings.DEFAULT));
            put(shards, 2);
            put(shards, SECONDS);
            find(shards);
            fill(shards, keys);
            list(shards, keys, "in memory");
            shards.flush();
            list(shards, keys, "flushed");
        }
        open(directory.resolve("work"), time, "with " + keys + " keys");
    }

    private static void open(Path directory, SteadyTime time, String what) {
        long start = System.nanoTime();
        MetaShards shards = MetaShards.open(directory, MetaConfig.DEFAULT, time);
        System.out.printf("open %s: %.0f ms%n", what, millisSince(start));
        shards.close();
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private static MetaOp.ChangeObjects inline(String key, byte[] bytes) {
        return new MetaOp.ChangeObjects(
                "inline",
                List.of(new MetaOp.Put(
                        ObjectWrite.of("inline", ObjectKey.of(key), "bench"),
                        bytes.length,
                        "d41d8cd98f00b204e9800998ecf8427e",
                        List.of(),
                        List.of(),
                        List.of(new Extent.Inline(ByteBuffer.wrap(bytes))),
                        0)));
    }

    private static void put(MetaShards shards, int seconds) throws InterruptedException {
        AtomicLong count = new AtomicLong();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Thread> clients = new ArrayList<>();
        long[][] latencies = new long[CLIENTS][];
        for (int c = 0; c < CLIENTS; c++) {
            int client = c;
            clients.add(Thread.ofVirtual().start(() -> {
                byte[] bytes = new byte[INLINE_BYTES];
                new Random(client).nextBytes(bytes);
                long[] took = new long[100_000];
                int n = 0;
                for (long at = System.nanoTime(); at < end && n < took.length; ) {
                    shards.call(inline("key-" + client + "-" + n, bytes));
                    long now = System.nanoTime();
                    took[n++] = now - at;
                    at = now;
                }
                latencies[client] = Arrays.copyOf(took, n);
                count.addAndGet(n);
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        long[] all =
                Arrays.stream(latencies).flatMapToLong(Arrays::stream).sorted().toArray();
        System.out.printf(
                "4 KiB durable puts, %d clients: %.0f /s, p50 %.1f ms, p99 %.1f ms%n",
                CLIENTS, count.get() / (double) seconds, all[all.length / 2] / 1e6, all[all.length * 99 / 100] / 1e6);
    }

    private static void find(MetaShards shards) {
        Random random = new Random(1);
        long[] took = new long[50_000];
        for (int i = 0; i < took.length; i++) {
            ObjectKey key = ObjectKey.of("key-" + random.nextInt(CLIENTS) + "-" + random.nextInt(200));
            long start = System.nanoTime();
            shards.reads().find("inline", key, Optional.empty());
            took[i] = System.nanoTime() - start;
        }
        Arrays.sort(took);
        System.out.printf(
                "find with 4 KiB: p50 %.3f ms, p99 %.3f ms%n",
                took[took.length / 2] / 1e6, took[took.length * 99 / 100] / 1e6);
    }

    private static void fill(MetaShards shards, int keys) {
        shards.call(new MetaOp.CreateBucket("many", "bench", BucketSettings.DEFAULT));
        long start = System.nanoTime();
        List<CompletableFuture<?>> answers = new ArrayList<>();
        int perOperation = 500;
        for (int i = 0; i < keys; i += perOperation) {
            List<MetaOp.ObjectChange> changes = new ArrayList<>();
            for (int k = i; k < i + perOperation; k++) {
                changes.add(new MetaOp.Put(
                        ObjectWrite.of("many", ObjectKey.of("folder-%03d/object-%09d".formatted(k % 1000, k)), "bench")
                                .withCondition(Condition.NONE),
                        1 << 20,
                        "d41d8cd98f00b204e9800998ecf8427e",
                        List.of(),
                        List.of(),
                        List.of(new Extent.Chunk(k, k * 31L, 1 << 20, k)),
                        0));
            }
            answers.add(shards.submit(new MetaOp.ChangeObjects("many", changes)));
        }
        answers.forEach(CompletableFuture::join);
        System.out.printf("%d keys in changes of %d: %.0f /s%n", keys, perOperation, keys / millisSince(start) * 1000);
    }

    private static void list(MetaShards shards, int keys, String how) {
        Random random = new Random(2);
        long[] flat = new long[50];
        long[] folders = new long[20];
        for (int i = 0; i < flat.length; i++) {
            String after = "folder-%03d/object-%09d".formatted(random.nextInt(1000), random.nextInt(keys));
            long start = System.nanoTime();
            shards.reads()
                    .list(new ListRequest(
                            "many",
                            ObjectKey.Prefix.ALL,
                            Optional.empty(),
                            ObjectKey.Prefix.of(after),
                            Optional.empty(),
                            1000));
            flat[i] = System.nanoTime() - start;
        }
        for (int i = 0; i < folders.length; i++) {
            long start = System.nanoTime();
            shards.reads()
                    .list(new ListRequest(
                            "many",
                            ObjectKey.Prefix.ALL,
                            Optional.of("/"),
                            ObjectKey.Prefix.ALL,
                            Optional.empty(),
                            1000));
            folders[i] = System.nanoTime() - start;
        }
        Arrays.sort(flat);
        Arrays.sort(folders);
        System.out.printf(
                "list 1,000 of %d, %s: keys p50 %.1f ms, most %.1f ms; 1,000 folders p50 %.1f ms, most %.1f ms%n",
                keys,
                how,
                flat[flat.length / 2] / 1e6,
                flat[flat.length - 1] / 1e6,
                folders[folders.length / 2] / 1e6,
                folders[folders.length - 1] / 1e6);
    }
}
