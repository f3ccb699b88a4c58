package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/** All clients of the demonstration, and what they found. Any thread may use it. */
final class DemoCrowd {
    static final String DATASET = "demo_rows";

    private static final Duration AT_MOST = Duration.ofMinutes(1);
    private static final int S3_EVERY = 5;
    private static final int READERS = 24;

    private final List<DemoClient> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final RowLedger ledger = new RowLedger();
    private Seconds requests = new Seconds();
    private final LongAdder objects = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final Map<String, LongAdder> reasons = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final long pauseMillis;
    private final Cluster cluster;
    private volatile boolean isOver;

    /** @param perSecond requests of all clients together */
    DemoCrowd(Cluster cluster, int size, int perSecond, long seed) throws IOException, InterruptedException {
        this.cluster = cluster;
        this.pauseMillis = Math.max(1, 1000L * size / perSecond);
        List<Cluster.Member> members = cluster.members();
        Door door = door();
        Buckets.make(door, "demo-kv");
        door.must(
                () -> {
                    Reply reply = door.s3(members.get(0), "PUT", "/demo-s3", "", new byte[0]);
                    return reply.status() == 409 ? new Reply.Done(200, Map.of(), new byte[0]) : reply;
                },
                AT_MOST);
        RowLedger.make(door, DATASET, false);
        for (int i = 0; i < size; i++) {
            boolean isS3 = i % S3_EVERY == 0;
            clients.add(new DemoClient(i, this, members, isS3 ? Optional.of(cluster.key()) : Optional.empty(), seed));
        }
    }

    private Door door() {
        return new Door(cluster.members(), cluster.key(), AT_MOST, new Tally());
    }

    void start() {
        requests = new Seconds();
        for (DemoClient client : clients) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    client.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
    }

    /** Ends all clients and reads everything back: objects by those who wrote them, rows at each node. */
    void finish() throws InterruptedException, IOException {
        isOver = true;
        for (Thread thread : threads) {
            thread.join();
        }
        // Not all at once: what is asked for is answers, not speed.
        Semaphore turns = new Semaphore(READERS);
        List<Thread> readers = new ArrayList<>();
        for (DemoClient client : clients) {
            turns.acquire();
            readers.add(Thread.ofVirtual().start(() -> {
                try {
                    client.readBack();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    turns.release();
                }
            }));
        }
        for (Thread reader : readers) {
            reader.join();
        }
        Door door = door();
        for (Cluster.Member member : cluster.members()) {
            ledger.compare(member.name(), RowLedger.read(door, member, DATASET, AT_MOST));
        }
        for (String violation : ledger.violations()) {
            (violation.contains("not there") ? lost : wrong).add(violation);
        }
    }

    /** How many rows all nodes have, as one of them counts; -1 if it does not answer. */
    long counted(Cluster.Member member) {
        Door door = new Door(cluster.members(), cluster.key(), Duration.ofSeconds(3), new Tally());
        Reply reply = door.sql(member, "select count(*) from " + DATASET);
        return reply instanceof Reply.Done done
                ? Long.parseLong(new String(done.body(), UTF_8)
                        .lines()
                        .skip(1)
                        .findFirst()
                        .orElse("-1")
                        .strip())
                : -1;
    }

    boolean isOver() {
        return isOver;
    }

    long pauseMillis() {
        return pauseMillis;
    }

    RowLedger ledger() {
        return ledger;
    }

    Seconds requests() {
        return requests;
    }

    long objects() {
        return objects.sum();
    }

    long retries() {
        return retries.sum();
    }

    Map<String, LongAdder> reasons() {
        return reasons;
    }

    List<String> lost() {
        return List.copyOf(lost);
    }

    List<String> wrong() {
        return List.copyOf(wrong);
    }

    void objectAcknowledged() {
        objects.increment();
    }

    void retried(String reason) {
        retries.increment();
        reasons.computeIfAbsent(reason, _ -> new LongAdder()).increment();
    }

    /** A write was read whose client had given it up and gone on. */
    void late() {
        late.increment();
    }

    long lateSeen() {
        return late.sum();
    }

    void lost(String what) {
        lost.add(what);
    }

    void wrong(String what) {
        wrong.add(what);
    }
}
