package dev.varve.blobstore;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints how fast the local store is beside the raw disk. */
@Tag("slow")
final class ObjectSpeedTest {
    private static final int LARGE = 64 << 20;

    @TempDir
    Path directory;

    private static ObjectWrite write(String name) {
        return ObjectWrite.of("speed", ObjectKey.of(name), "ada");
    }

    @Test
    void printsFigures() throws Exception {
        byte[] large = ObjectStoreContract.bytes(1, LARGE);
        long start = System.nanoTime();
        try (ChunkObjectStore store =
                LocalObjectStore.open(directory.resolve("store"), ObjectStoreConfig.DEFAULT, InstantSource.system())) {
            System.out.println("open new ms " + millis(start));
            store.createBucket("speed", "ada", BucketSettings.DEFAULT);
            for (int round = 0; round < 4; round++) {
                start = System.nanoTime();
                try (RandomAccessFile raw =
                        new RandomAccessFile(directory.resolve("raw" + round).toFile(), "rw")) {
                    ByteBuffer bytes =
                            ByteBuffer.allocateDirect(LARGE).put(large).flip();
                    start = System.nanoTime();
                    raw.getChannel().write(bytes);
                    raw.getChannel().force(true);
                }
                System.out.println("raw 64 MiB ms " + millis(start));
                start = System.nanoTime();
                StoredObject put = store.put(write("large" + round), Body.of(new ByteArrayInputStream(large)));
                System.out.println("put 64 MiB ms " + millis(start));
                start = System.nanoTime();
                try (ObjectReader reader = store.open("speed", put)) {
                    ByteBuffer target = ByteBuffer.allocate(1 << 20);
                    for (long at = 0; at < LARGE; at += target.capacity()) {
                        reader.read(at, target.clear());
                    }
                }
                System.out.println("get 64 MiB ms " + millis(start));
            }
            byte[] small = ObjectStoreContract.bytes(2, 4096);
            for (int round = 0; round < 3; round++) {
                int total = 6400;
                AtomicInteger next = new AtomicInteger();
                List<Thread> threads = new ArrayList<>();
                start = System.nanoTime();
                for (int i = 0; i < 64; i++) {
                    threads.add(Thread.ofVirtual().start(() -> {
                        for (int n = next.getAndIncrement(); n < total; n = next.getAndIncrement()) {
                            store.put(write("small" + n), Body.of(new ByteArrayInputStream(small)));
                        }
                    }));
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                System.out.println("4 KiB puts/s with 64 clients " + total * 1000L / Math.max(1, millis(start)));
            }
        }
        start = System.nanoTime();
        LocalObjectStore.open(directory.resolve("store"), ObjectStoreConfig.DEFAULT, InstantSource.system())
                .close();
        System.out.println("reopen and close ms " + millis(start));
    }

    private static long millis(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
