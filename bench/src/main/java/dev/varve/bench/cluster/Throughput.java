package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.sdk.Column;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** How much a cluster does in a second, by what is done. */
record Throughput(Map<String, Double> rates) {
    private static final int CONNECTIONS = 8;
    private static final int SMALL = 4096;
    private static final int LARGE = 64 << 20;
    private static final int LARGE_TIMES = 3;
    private static final int QUERIES = 9;
    private static final String BUCKET = "bench-kv";
    private static final String DATASET = "bench_rows";
    /** On one node as many rows as on three. */
    private static final String ASKED = "bench_asked";

    private static final long ASKED_ROWS = 2_000_000;
    private static final Duration AT_MOST = Duration.ofMinutes(1);

    static Throughput measure(Cluster cluster, int seconds) throws IOException, InterruptedException {
        Map<String, Double> rates = new LinkedHashMap<>();
        Door door = new Door(cluster.members(), cluster.key(), AT_MOST, new Tally());
        Buckets.make(door, BUCKET);
        RowLedger.make(door, DATASET, false);
        RowLedger.make(door, ASKED, false);
        AtomicLong keys = new AtomicLong();
        byte[] small = new byte[SMALL];
        new Random(1).nextBytes(small);
        Action put = http -> put(http, "s-" + keys.incrementAndGet(), small);
        // Compilers need a while, for three nodes on the same cores three times as long.
        ingest(cluster, DATASET, seconds, Long.MAX_VALUE);
        small(cluster, 2 * seconds, put);
        rates.put("ingest, rows/s", ingest(cluster, DATASET, seconds, Long.MAX_VALUE));
        rates.put("PUT 4 KiB, /s, " + CONNECTIONS + " connections", small(cluster, seconds, put));
        Random random = new Random(2);
        long written = Math.max(1, keys.get() - CONNECTIONS);
        Action get = http -> get(http, "s-" + (1 + (long) (random.nextDouble() * written)));
        small(cluster, seconds, get);
        rates.put("GET 4 KiB, /s, " + CONNECTIONS + " connections", small(cluster, seconds, get));
        byte[] large = new byte[LARGE];
        random.nextBytes(large);
        Numbered putLarge = (http, i) -> put(http, "l-" + i, large);
        large(cluster, putLarge);
        rates.put("PUT 64 MiB, MiB/s", large(cluster, putLarge));
        Numbered getLarge = (http, i) -> get(http, "l-" + i);
        large(cluster, getLarge);
        rates.put("GET 64 MiB, MiB/s", large(cluster, getLarge));
        ingest(cluster, ASKED, Integer.MAX_VALUE, ASKED_ROWS);
        rates.put("count(*) of 2 million rows, /s", queries(cluster, "select count(*) from " + ASKED));
        rates.put(
                "group by a column of 2 million rows, /s",
                queries(cluster, "select client, count(*), sum(v) from " + ASKED + " group by client"));
        return new Throughput(rates);
    }

    /** For so long, or so many rows; rows a second. */
    private static double ingest(Cluster cluster, String dataset, int seconds, long most) {
        String hosts = cluster.members().stream().map(Cluster.Member::address).collect(Collectors.joining(","));
        long rows = 0;
        long begun = System.nanoTime();
        try (Varve varve = Varve.connect(hosts + "?batchRows=16384&linger=60s");
                RowWriter writer = varve.writer(dataset)) {
            Column client = writer.column("client");
            Column number = writer.column("n");
            Column value = writer.column("v");
            while (rows < most && System.nanoTime() - begun < seconds * 1_000_000_000L) {
                for (int i = 0; i < 10_000; i++) {
                    writer.time(RowLedger.micros(0, rows))
                            .at(RowLedger.lat(0, rows), RowLedger.lon(0, rows))
                            .set(client, rows % 10)
                            .set(number, rows)
                            .set(value, 1)
                            .add();
                    rows++;
                }
            }
        }
        return rows / seconds(begun);
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private interface Action {
        void on(RawHttp http) throws IOException;
    }

    private interface Numbered {
        void on(RawHttp http, int number) throws IOException;
    }

    static void put(RawHttp http, String key, byte[] body) throws IOException {
        check(http.exchange("PUT", Buckets.path(BUCKET, key), "", body));
    }

    private static void get(RawHttp http, String key) throws IOException {
        check(http.exchange("GET", Buckets.path(BUCKET, key), "", new byte[0]));
    }

    private static void check(RawHttp.Answer answer) throws IOException {
        if (answer.status() >= 300) {
            throw new IOException("answered " + answer.status() + ": " + new String(answer.body(), UTF_8));
        }
    }

    private static RawHttp connect(Cluster cluster, int number) throws IOException {
        List<Cluster.Member> members = cluster.members();
        Cluster.Member member = members.get(number % members.size());
        return new RawHttp(member.host(), member.httpPort(), 60_000);
    }

    private static double small(Cluster cluster, int seconds, Action action) throws InterruptedException {
        AtomicLong done = new AtomicLong();
        long begun = System.nanoTime();
        Thread[] threads = new Thread[CONNECTIONS];
        for (int i = 0; i < CONNECTIONS; i++) {
            int number = i;
            threads[i] = Thread.ofPlatform().start(() -> {
                try (RawHttp http = connect(cluster, number)) {
                    while (seconds(begun) < seconds) {
                        action.on(http);
                        done.incrementAndGet();
                    }
                } catch (IOException e) {
                    System.err.println("a connection ended: " + e.getMessage());
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return done.get() / seconds(begun);
    }

    private static double large(Cluster cluster, Numbered action) throws IOException {
        long begun = System.nanoTime();
        for (int i = 0; i < LARGE_TIMES; i++) {
            try (RawHttp http = connect(cluster, i)) {
                action.on(http, i);
            }
        }
        return LARGE_TIMES * (LARGE >> 20) / seconds(begun);
    }

    private static double queries(Cluster cluster, String sql) throws IOException {
        double[] took = new double[QUERIES];
        for (int i = 0; i < QUERIES; i++) {
            try (RawHttp http = connect(cluster, i)) {
                long begun = System.nanoTime();
                check(http.exchange(
                        "POST", "/api/v1/sql?format=csv", "Content-Type: text/plain\r\n", sql.getBytes(UTF_8)));
                took[i] = seconds(begun);
            }
        }
        Arrays.sort(took);
        return 1 / took[QUERIES / 2];
    }
}
