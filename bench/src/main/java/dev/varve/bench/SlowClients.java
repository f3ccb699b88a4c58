package dev.varve.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Clients that hold a server up: every other one sends an object, the rest read one, a few bytes a second each. Used by
 * one thread.
 */
final class SlowClients implements AutoCloseable {
    private static final int BYTES_A_SECOND = 4;
    private static final int RECEIVE_BYTES = 4 << 10;

    /** What another client waits for an answer after the slow ones had their time. */
    private static final int PROBE_MILLIS = 1_000;

    /**
     * What slow clients did to a server.
     *
     * @param before the server's memory without them
     * @param most of it with them
     * @param probes how long another client's small reads took meanwhile, those answered
     * @param unanswered whether a read of another client was not answered in time
     * @param cut how many of the slow ones the server hung up on
     */
    record Effect(JvmMemory.Use before, JvmMemory.Use most, Samples probes, boolean unanswered, int cut) {
        long heapGrowth() {
            return most.heapBytes() - before.heapBytes();
        }

        String heapText() {
            return text(before.heapBytes(), most.heapBytes());
        }

        String directText() {
            return text(before.directBytes(), most.directBytes());
        }

        String probeText() {
            return unanswered ? "no answer" : StoreTable.millis(probes.millisAt(0.99));
        }

        private static String text(long before, long most) {
            return String.format(Locale.ROOT, "%.1f to %.1f MB", before / 1e6, most / 1e6);
        }
    }

    private final List<S3Connection> connections = new ArrayList<>();
    private int cut;

    /**
     * Begins all requests.
     *
     * @param bucket path of a bucket
     * @param large path of an object that fits no socket's buffer
     * @param bytes what the senders announce
     */
    SlowClients(S3Server server, int count, String bucket, String large, int bytes) throws IOException {
        ByteBuffer firstBytes = ByteBuffer.allocateDirect(Math.min(bytes / 2, 16 << 10));
        for (int i = 0; i < count; i++) {
            S3Connection connection = new S3Connection(server.s3Port(), server.key(), RECEIVE_BYTES);
            connections.add(connection);
            if (i % 2 == 0) {
                connection.begin("PUT", bucket + "/slow-" + i, bytes);
                connection.channel().write(firstBytes.duplicate());
            } else {
                connection.begin("GET", large, 0);
            }
            connection.channel().configureBlocking(false);
        }
    }

    /** Lets slow clients come to a server that holds {@code /large-0} in the bucket, and looks at its memory. */
    static Effect effect(S3Server server, StoreSize size, String bucket) throws Exception {
        try (JvmMemory memory = JvmMemory.of(server.pid());
                S3Connection prober = server.connect()) {
            prober.put(bucket + "/probe", ByteBuffer.allocate(S3Crowd.OBJECT_BYTES));
            probe(prober, bucket);
            memory.afterCollection();
            JvmMemory.Use before = memory.afterCollection();
            long heap = 0;
            long direct = 0;
            Probe probe = new Probe(prober, bucket);
            int cut;
            try (SlowClients slow =
                    new SlowClients(server, size.slowClients(), bucket, bucket + "/large-0", size.largeBytes())) {
                Thread probing = Thread.ofPlatform().daemon().start(probe);
                for (int second = 0; second < size.slowSeconds(); second++) {
                    slow.second();
                    Thread.sleep(1_000);
                    if (2 * second + 1 >= size.slowSeconds()) {
                        JvmMemory.Use now = memory.afterCollection();
                        heap = Math.max(heap, now.heapBytes());
                        direct = Math.max(direct, now.directBytes());
                    }
                }
                probe.stop();
                probing.join(PROBE_MILLIS);
                cut = slow.cut();
            }
            return new Effect(before, new JvmMemory.Use(heap, direct), probe.samples(), !probe.isOver(), cut);
        }
    }

    private static void probe(S3Connection connection, String bucket) throws IOException {
        connection.get(bucket + "/probe");
    }

    /** Reads a small object again and again until it is told to stop. */
    private static final class Probe implements Runnable {
        private static final int PAUSE_MILLIS = 10;

        private final S3Connection connection;
        private final String bucket;
        private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
        private volatile boolean isStopping;
        private volatile boolean isOver;

        Probe(S3Connection connection, String bucket) {
            this.connection = connection;
            this.bucket = bucket;
        }

        @Override
        public void run() {
            try {
                while (!isStopping) {
                    long start = System.nanoTime();
                    probe(connection, bucket);
                    nanos.add(System.nanoTime() - start);
                    Thread.sleep(PAUSE_MILLIS);
                }
                isOver = true;
            } catch (IOException e) {
                // Not answered: it is not over.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void stop() {
            isStopping = true;
        }

        boolean isOver() {
            return isOver;
        }

        Samples samples() {
            synchronized (nanos) {
                return new Samples(nanos.stream().mapToLong(Long::longValue).toArray());
            }
        }
    }

    /** Sends and reads what a second allows. */
    void second() {
        ByteBuffer few = ByteBuffer.allocate(BYTES_A_SECOND);
        for (int i = 0; i < connections.size(); i++) {
            SocketChannel channel = connections.get(i).channel();
            try {
                if (channel.isOpen() && (i % 2 == 0 ? channel.write(few.clear()) : channel.read(few.clear())) < 0) {
                    channel.close();
                    cut++;
                }
            } catch (IOException e) {
                cut++;
                connections.get(i).closeQuietly();
            }
        }
    }

    /** How many the server has hung up on. */
    int cut() {
        return cut;
    }

    @Override
    public void close() {
        connections.forEach(S3Connection::closeQuietly);
    }
}
