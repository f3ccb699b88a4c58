package dev.varve.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients of one server that each have a connection, and small objects that they have written. */
final class S3Crowd implements AutoCloseable {
    static final int OBJECT_BYTES = 4 << 10;

    /** One object's bytes among the data. */
    private static final int STRIDE = 512;

    private final List<Client> clients = new ArrayList<>();
    private final ExecutorService threads;
    private final ByteBuffer data;

    private final class Client {
        private final S3Connection connection;
        private final String prefix;
        private final SplittableRandom random;
        private int written;
        private int deleted;

        Client(S3Connection connection, String prefix, long seed) {
            this.connection = connection;
            this.prefix = prefix;
            this.random = new SplittableRandom(seed);
        }

        void put() throws IOException {
            int offset = (int) ((long) written * STRIDE % (data.capacity() - OBJECT_BYTES));
            connection.put(prefix + written, data.slice(offset, OBJECT_BYTES));
            written++;
        }

        void get() throws IOException {
            long length = connection.get(prefix + random.nextInt(deleted, written));
            if (length != OBJECT_BYTES) {
                throw new IllegalStateException("an object has " + length + " bytes");
            }
        }

        void delete() throws IOException {
            connection.delete(prefix + deleted);
            deleted++;
        }
    }

    /**
     * Connects so many clients.
     *
     * @param bucket path of the bucket they write to
     * @param data from which objects are cut
     */
    S3Crowd(S3Server server, String bucket, int count, ByteBuffer data, long seed) throws IOException {
        this.data = data;
        this.threads = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            clients.add(new Client(server.connect(), bucket + "/small-" + i + "-", seed + i));
        }
    }

    /** What each client repeats; false when it has nothing left to do. */
    private interface Work {
        boolean on(Client client) throws IOException;
    }

    /** Lets the first so many clients work at the same time, for so long; returns how long each piece took. */
    private long[] run(int count, long millis, Work work) throws Exception {
        long end = System.nanoTime() + millis * 1_000_000;
        List<Future<long[]>> running = new ArrayList<>();
        for (Client client : clients.subList(0, Math.min(count, clients.size()))) {
            running.add(threads.submit(() -> repeat(client, end, work)));
        }
        List<long[]> all = new ArrayList<>();
        for (Future<long[]> one : running) {
            all.add(one.get());
        }
        return all.stream().flatMapToLong(Arrays::stream).toArray();
    }

    private static long[] repeat(Client client, long end, Work work) throws IOException {
        long[] nanos = new long[1_024];
        int count = 0;
        for (long start = System.nanoTime(); start < end && work.on(client); ) {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            long now = System.nanoTime();
            nanos[count++] = now - start;
            start = now;
        }
        return Arrays.copyOf(nanos, count);
    }

    /** All write; returns objects a second. */
    double putsPerSecond(long millis) throws Exception {
        return perSecond(millis, client -> {
            client.put();
            return true;
        });
    }

    /** All delete what they wrote, as long as there is anything; returns objects a second. */
    double deletesPerSecond(long millis) throws Exception {
        return perSecond(millis, client -> {
            if (client.deleted + 1 >= client.written) {
                return false;
            }
            client.delete();
            return true;
        });
    }

    private double perSecond(long millis, Work work) throws Exception {
        long start = System.nanoTime();
        int count = run(clients.size(), millis, work).length;
        return count / ((System.nanoTime() - start) / 1e9);
    }

    /** Some read any object they wrote, at the same time; returns how long each took. */
    long[] reads(int count, long millis) throws Exception {
        return run(count, millis, client -> {
            client.get();
            return true;
        });
    }

    /** One client reads any object it wrote. */
    void readOne() throws IOException {
        clients.getFirst().get();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        clients.forEach(client -> client.connection.closeQuietly());
    }
}
