package dev.varve.bench.cluster;

import dev.varve.sdk.Column;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * Writes rows through the SDK, which knows all nodes and goes on when one is gone, and replaces some by newer versions:
 * each acknowledged row is there once, in its newest version or one of which nobody knows.
 */
final class IngestWorkload implements Workload {
    private static final int ROWS = 200;
    private static final Duration AT_MOST = Duration.ofSeconds(40);

    private final String dataset;
    private final Tally tally;
    private final RowLedger ledger = new RowLedger();
    private final Map<Integer, Writer> writers = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    /** One client's state. */
    private static final class Writer {
        private long next;
        private long version = 1;
        private Varve varve;
        private RowWriter rows;

        private Writer(Varve varve, RowWriter rows) {
            this.varve = varve;
            this.rows = rows;
        }
    }

    /** @param tally where the SDK's requests are counted, as it sends them itself */
    IngestWorkload(String run, Tally tally) {
        this.dataset = "ingest_" + run;
        this.tally = tally;
    }

    @Override
    public int clients() {
        return 3;
    }

    @Override
    public long pauseMillis() {
        return 50;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        RowLedger.make(door, dataset, true);
        String hosts = door.members().stream().map(Cluster.Member::address).collect(Collectors.joining(","));
        for (int client = 0; client < clients(); client++) {
            Varve varve = Varve.connect(hosts + "?retryTimeout=25s&requestTimeout=10s&linger=60s&batchRows=1000");
            writers.put(client, new Writer(varve, varve.writer(dataset)));
        }
    }

    @Override
    public void step(int client, Random random, Door door) {
        Writer writer = writers.get(client);
        if (writer == null) {
            return;
        }
        boolean isNewer = writer.next > 0 && random.nextInt(3) == 0;
        long first = isNewer ? writer.next - ROWS : writer.next;
        writer.version = isNewer ? writer.version + 1 : 1;
        writer.next = first + ROWS;
        long begun = System.nanoTime();
        try {
            write(client, writer, first);
            for (long n = first; n < first + ROWS; n++) {
                ledger.acknowledged(client, n, writer.version);
            }
            tally.count(new Reply.Done(200, Map.of(), new byte[0]), System.nanoTime() - begun);
        } catch (VarveClientException e) {
            tally.count(new Reply.Unknown(String.valueOf(e.getMessage())), System.nanoTime() - begun);
            if (e.status() >= 400 && e.status() < 500 && e.status() != 429) {
                wrong.add("good rows were refused: " + e.code() + " " + e.getMessage());
            }
            renew(writer);
        }
    }

    private void write(int client, Writer writer, long first) {
        RowWriter rows = writer.rows;
        Column owner = rows.column("client");
        Column number = rows.column("n");
        Column value = rows.column("v");
        for (long n = first; n < first + ROWS; n++) {
            ledger.sent(client, n, writer.version);
            rows.time(RowLedger.micros(client, n))
                    .at(RowLedger.lat(client, n), RowLedger.lon(client, n))
                    .set(owner, client)
                    .set(number, n)
                    .set(value, writer.version)
                    .add();
        }
        rows.flushAndWait();
    }

    /** A writer that has failed once fails for good. */
    private void renew(Writer writer) {
        try {
            writer.rows.close();
        } catch (VarveClientException e) {
            // That is what was known already.
            Thread.onSpinWait();
        }
        try {
            writer.rows = writer.varve.writer(dataset);
        } catch (VarveClientException e) {
            // The next step fails at once and comes here again.
            Thread.onSpinWait();
        }
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        for (Cluster.Member member : door.members()) {
            ledger.compare(member.name(), RowLedger.read(door, member, dataset, AT_MOST));
        }
        for (Writer writer : writers.values()) {
            try {
                writer.varve.close();
            } catch (VarveClientException e) {
                // Its failures were counted when they happened.
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public List<String> violations() {
        wrong.addAll(ledger.violations());
        return List.copyOf(wrong);
    }
}
