package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Appends bodies of rows under idempotency keys, sending the same body again to other nodes until one says yes, and
 * sometimes after that: each acknowledged row is there once, no other one is, and whoever wrote a row can count it at once.
 */
final class AppendWorkload implements Workload {
    private static final int CLIENTS = 6;
    private static final int TRIES = 15;
    private static final Duration AT_MOST = Duration.ofSeconds(40);

    private final String dataset;
    private final RowLedger ledger = new RowLedger();
    private final AtomicLongArray next = new AtomicLongArray(CLIENTS);
    private final Map<Integer, long[]> acknowledged = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    AppendWorkload(String run) {
        this.dataset = "append_" + run;
    }

    @Override
    public int clients() {
        return CLIENTS;
    }

    @Override
    public long pauseMillis() {
        return 40;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        RowLedger.make(door, dataset, false);
    }

    @Override
    public void step(int client, Random random, Door door) throws InterruptedException {
        if (random.nextInt(8) == 0) {
            count(client, random, door);
            return;
        }
        int rows = 3 + random.nextInt(25);
        long first = next.getAndAdd(client, rows);
        StringBuilder body = new StringBuilder();
        for (long n = first; n < first + rows; n++) {
            ledger.sent(client, n, 1);
            body.append(RowLedger.json(client, n, 1)).append('\n');
        }
        String key = dataset + "-" + client + "-" + first;
        if (send(body.toString(), key, rows, random, door)) {
            for (long n = first; n < first + rows; n++) {
                ledger.acknowledged(client, n, 1);
            }
            acknowledged.computeIfAbsent(client, _ -> new long[1])[0] += rows;
            if (random.nextInt(5) == 0) {
                post(body.toString(), key, random, door);
            }
        }
    }

    private boolean send(String body, String key, int rows, Random random, Door door) throws InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            Reply reply = post(body, key, random, door);
            if (reply instanceof Reply.Refused refused) {
                Buckets.noteIfOdd(refused, wrong);
            }
            if (reply instanceof Reply.Done done) {
                String text = done.text().replace(" ", "");
                if (!text.contains("\"rejected\":0")) {
                    wrong.add("good rows were rejected: " + text);
                }
                if (!text.contains("\"accepted\":" + rows + ",") && !text.contains("\"duplicate\":true")) {
                    wrong.add(rows + " rows were sent, and the answer was " + text);
                }
                return true;
            }
            Thread.sleep(100 + random.nextInt(200));
        }
        return false;
    }

    private Reply post(String body, String key, Random random, Door door) {
        return door.post(
                door.any(random),
                "/api/v1/datasets/" + dataset + "/rows?timeFormat=epoch-us",
                body.getBytes(UTF_8),
                Map.of("Content-Type", "application/x-ndjson", "Idempotency-Key", key));
    }

    /** One's own rows, at any node: not fewer than were acknowledged, not more than were sent. */
    private void count(int client, Random random, Door door) {
        long[] least = acknowledged.getOrDefault(client, new long[1]);
        Reply reply = door.sql(door.any(random), "select count(*) from " + dataset + " where client = " + client);
        if (reply instanceof Reply.Done done) {
            long found = Long.parseLong(
                    done.text().lines().skip(1).findFirst().orElse("-1").strip());
            if (found < least[0] || found > next.get(client)) {
                wrong.add("client " + client + " counted " + found + " of its rows, when " + least[0]
                        + " were acknowledged and " + next.get(client) + " sent");
            }
        } else if (reply instanceof Reply.Refused refused && refused.status() >= 400 && refused.status() < 500) {
            wrong.add("a count was refused: " + refused.reason());
        }
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        for (Cluster.Member member : door.members()) {
            ledger.compare(member.name(), RowLedger.read(door, member, dataset, AT_MOST));
        }
    }

    @Override
    public List<String> violations() {
        wrong.addAll(ledger.violations());
        return List.copyOf(wrong);
    }
}
