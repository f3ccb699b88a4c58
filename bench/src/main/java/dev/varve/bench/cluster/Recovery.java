package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.sdk.Column;
import dev.varve.sdk.KeyValues;
import dev.varve.sdk.QueryResult;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How long a cluster takes to get over what happens to it, under load. */
final class Recovery {
    private static final String BUCKET = "bench-kv";
    private static final String DATASET = "bench_restart";
    private static final int CLIENTS = 6;
    private static final int ROWS = 50;
    private static final int FILLERS = 64;
    private static final int BODY = 256 << 10;
    private static final Duration AT_MOST = Duration.ofMinutes(10);

    private final Cluster cluster;
    private final Rows rows;

    /** Where results go. */
    interface Rows {
        void add(String... cells);
    }

    Recovery(Cluster cluster, Rows rows) {
        this.cluster = cluster;
        this.rows = rows;
    }

    /** Clients of the SDK that write and read while something is done; what they met. */
    private final class Load implements AutoCloseable {
        private final AtomicBoolean stop = new AtomicBoolean();
        private final AtomicLong done = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();
        private final AtomicLong wrong = new AtomicLong();
        private final AtomicLong acknowledged = new AtomicLong();
        private final AtomicLong longest = new AtomicLong();
        private final AtomicLong lastDone = new AtomicLong(System.nanoTime());
        private final AtomicLong silence = new AtomicLong();
        private final List<Thread> threads = new ArrayList<>();
        private final Varve varve;

        Load() throws IOException, InterruptedException {
            String hosts =
                    cluster.members().stream().map(Cluster.Member::address).collect(Collectors.joining(","));
            RowLedger.make(new Door(cluster.members(), cluster.key(), AT_MOST, new Tally()), DATASET, false);
            varve = Varve.connect(hosts + "?retryTimeout=30s&linger=60s");
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                threads.add(Thread.ofPlatform().start(() -> values(client)));
            }
            threads.add(Thread.ofPlatform().start(this::rows));
            threads.add(Thread.ofPlatform().start(this::queries));
        }

        private void values(int client) {
            KeyValues values = varve.kv();
            byte[] body = new byte[1024];
            for (int i = 0; !stop.get(); i++) {
                String key = "r-" + client + "-" + i % 10;
                boolean isPut = i < 10 || i % 2 == 0;
                body[0] = (byte) i;
                count(() -> {
                    if (isPut) {
                        values.put(BUCKET, key, body);
                    } else {
                        values.get(BUCKET, key);
                    }
                });
            }
        }

        private void rows() {
            try (RowWriter writer = varve.writer(DATASET)) {
                Column client = writer.column("client");
                Column number = writer.column("n");
                Column value = writer.column("v");
                while (!stop.get()) {
                    for (int i = 0; i < ROWS; i++) {
                        long row = acknowledged.get() + i;
                        writer.time(RowLedger.micros(0, row))
                                .at(RowLedger.lat(0, row), RowLedger.lon(0, row))
                                .set(client, 0)
                                .set(number, row)
                                .set(value, 1)
                                .add();
                    }
                    if (count(writer::flushAndWait)) {
                        acknowledged.addAndGet(ROWS);
                    }
                }
            }
        }

        private void queries() {
            while (!stop.get()) {
                long atLeast = acknowledged.get();
                count(() -> {
                    long counted = counted();
                    if (counted < atLeast) {
                        System.err.println("wrong: " + counted + " rows of " + atLeast);
                        wrong.incrementAndGet();
                    }
                });
            }
        }

        private long counted() {
            try (QueryResult result = varve.sql("select count(*) from " + DATASET)) {
                return result.nextRow() ? result.getLong(0) : -1;
            }
        }

        /** Whether it was done. */
        private boolean count(Runnable request) {
            long begun = System.nanoTime();
            try {
                request.run();
                done.incrementAndGet();
                long now = System.nanoTime();
                silence.accumulateAndGet(now - lastDone.getAndSet(now), Math::max);
                return true;
            } catch (VarveClientException e) {
                failed.incrementAndGet();
                System.err.println("failed: " + e.code() + " " + e.getMessage());
                return false;
            } finally {
                longest.accumulateAndGet(System.nanoTime() - begun, Math::max);
            }
        }

        /** From here on the longest silence and the slowest request count. */
        void mark() {
            lastDone.set(System.nanoTime());
            silence.set(0);
            longest.set(0);
        }

        @Override
        public void close() {
            stop.set(true);
            for (Thread thread : threads) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            varve.close();
        }
    }

    /** Each node is stopped and started, one after the other, while clients work. */
    void rollingRestart() throws IOException, InterruptedException {
        Load load = new Load();
        long begun = System.nanoTime();
        try (load) {
            for (Cluster.Member member : cluster.members()) {
                cluster.stop(member);
                cluster.start(member);
                await(() -> cluster.isReady(member));
                await(() -> cluster.unrest().isEmpty());
            }
        }
        rows.add(
                "rolling restart of all nodes under load",
                "",
                seconds(begun) + ", " + load.done + " requests of the SDK, " + load.failed + " failed, " + load.wrong
                        + " wrong, slowest "
                        + millis(load.longest.get()),
                "");
    }

    /** The node that leads most is killed. */
    void failover(int objects) throws IOException, InterruptedException {
        fill(objects);
        Cluster.Member leader = cluster.leader().orElse(cluster.members().get(0));
        try (Load load = new Load()) {
            Thread.sleep(2000);
            load.mark();
            cluster.kill(leader);
            Thread.sleep(12_000);
            rows.add(
                    "kill -9 of the node that leads most, " + objects + " objects in a bucket",
                    "",
                    "no request done for " + millis(load.silence.get()) + ", slowest " + millis(load.longest.get())
                            + ", " + load.failed + " failed",
                    "");
            long begun = System.nanoTime();
            cluster.start(leader);
            await(() -> cluster.isReady(leader));
            await(() -> cluster.unrest().isEmpty());
            rows.add("back again after 12 s: ready, all replicas there", "", seconds(begun), "");
        }
    }

    private void fill(int objects) throws InterruptedException {
        AtomicLong next = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < FILLERS; i++) {
            Cluster.Member member = cluster.members().get(i % cluster.members().size());
            threads.add(Thread.ofPlatform().start(() -> {
                try (RawHttp http = new RawHttp(member.host(), member.httpPort(), 60_000)) {
                    for (long n = next.getAndIncrement(); n < objects; n = next.getAndIncrement()) {
                        Throughput.put(http, "many/" + n, "value".getBytes(UTF_8));
                    }
                } catch (IOException e) {
                    System.err.println("a connection ended: " + e.getMessage());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** A node is away while much is written. */
    void absence(int megabytes) throws IOException, InterruptedException {
        Cluster.Member away = cluster.members().get(cluster.members().size() - 1);
        cluster.kill(away);
        byte[] body = new byte[BODY];
        Random random = new Random(5);
        Cluster.Member member = cluster.members().get(0);
        try (RawHttp http = new RawHttp(member.host(), member.httpPort(), 60_000)) {
            for (long n = 0; n < (long) megabytes * (1 << 20) / BODY; n++) {
                random.nextBytes(body);
                Throughput.put(http, "away/" + n, body);
            }
        }
        long begun = System.nanoTime();
        cluster.start(away);
        await(() -> cluster.isReady(away));
        String ready = seconds(begun);
        // Each node has everything; what is garbage goes at each in its own time.
        long slack = (long) megabytes * (1 << 20) / 10;
        await(() -> bytes(away) > bytes(member) - slack && cluster.unrest().isEmpty());
        double took = (System.nanoTime() - begun) / 1e9;
        rows.add(
                "a node returns after " + megabytes + " MiB were written without it",
                "",
                "serves after " + ready + ", has all after " + seconds(begun) + ", "
                        + String.format(Locale.ROOT, "%.1f MiB/s", megabytes / took),
                "");
    }

    /** A fourth node joins, and the first one leaves. */
    void addAndDrain() throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Cluster.Member added = cluster.add();
        await(() -> cluster.unrest().isEmpty() && bytes(added) > 0);
        rows.add("a fourth node joins", "", moved(begun, bytes(added)), "");
        Cluster.Member first = cluster.members().get(0);
        List<Cluster.Member> others =
                cluster.members().subList(1, cluster.members().size());
        long before = others.stream().mapToLong(Recovery::bytes).sum();
        long draining = System.nanoTime();
        cluster.drain(first, AT_MOST);
        await(() -> cluster.unrest().isEmpty());
        long after = others.stream().mapToLong(Recovery::bytes).sum();
        rows.add("the first node leaves", "", moved(draining, after - before), "");
    }

    private static String moved(long begun, long bytes) {
        double took = (System.nanoTime() - begun) / 1e9;
        return String.format(
                Locale.ROOT, "%.0f MiB in %.1f s, %.1f MiB/s", bytes / 1048576.0, took, bytes / 1048576.0 / took);
    }

    /** What lies in segments and files of a node. */
    private static long bytes(Cluster.Member member) {
        try (Stream<Path> files = Files.walk(member.data())) {
            return files.filter(file -> file.toString().contains("/chunks/segments/")
                            || file.toString().contains("/chunks/files/"))
                    .mapToLong(Recovery::allocated)
                    .sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            // A file went away while it was looked at: the next look counts.
            return 0;
        }
    }

    private static long allocated(Path file) {
        return file.toFile().length();
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + AT_MOST.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("not at rest after " + AT_MOST.toMinutes() + " minutes");
            }
            Thread.sleep(50);
        }
    }

    private static String seconds(long begun) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - begun) / 1e9);
    }

    private static String millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
    }
}
