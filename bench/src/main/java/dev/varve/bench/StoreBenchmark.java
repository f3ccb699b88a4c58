package dev.varve.bench;

import static dev.varve.bench.StoreTable.megabytesPerSecond;
import static dev.varve.bench.StoreTable.millis;
import static dev.varve.bench.StoreTable.perSecond;

import dev.varve.bench.StoreTable.Side;
import dev.varve.bench.StoreTable.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The S3 door beside the raw disk and beside s3proxy, driven by one client, in turns, with the same bytes.
 *
 * <p>Varve acknowledges what it has fsynced; so does the raw disk's row, by fdatasync; s3proxy calls no fsync at all. Before
 * the next turn what s3proxy left in the page cache is synced, untimed, so that it burdens nobody else. Run: {@code
 * ./varve bench store}, or with {@code --size small} to see that it works.
 */
final class StoreBenchmark implements Benchmark {
    private static final String BUCKET = "/bench";
    private static final int BLOCK_BYTES = 8 << 20;
    private static final int UNMEASURED = 4;
    private static final int READERS = 16;
    private static final double LEAST_OF_RAW = 0.80;
    private static final double LEAST_READ_BYTES_PER_MILLI = 1e6;
    private static final double LEAST_PUTS_PER_SECOND = 3_000;
    private static final double MOST_READ_MILLIS = 5;
    private static final double MOST_LIST_MILLIS = 20;

    /** What 1,000 slow clients may add to the heap: 32 KiB each. */
    private static final long MOST_HEAP_GROWTH = 32L << 20;

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws Exception {
        StoreSize size = workspace.storeSize();
        StoreTable table = report.store();
        ByteBuffer data = data(size.largeBytes(), workspace.seed());
        Path folder = workspace.storeFolder();
        Workspace.delete(folder.resolve("varve"));
        Workspace.delete(folder.resolve("raw"));
        Workspace.delete(folder.resolve("s3proxy"));
        try (NodeProcess node = NodeProcess.startStore(folder.resolve("varve"));
                StorePeer peer = StorePeer.start(workspace, folder.resolve("s3proxy"))) {
            List<S3Server> servers = new ArrayList<>(List.of(node));
            peer.server().ifPresent(servers::add);
            for (S3Server server : servers) {
                try (S3Connection connection = server.connect()) {
                    connection.put(BUCKET, ByteBuffer.allocate(0));
                }
            }
            RawDisk raw = new RawDisk(folder.resolve("raw"));
            large(table, size, servers, raw, data, folder);
            small(table, size, servers, raw, data, workspace.seed(), folder);
            slow(table, size, servers);
        }
        StoreListing.run(workspace, table);
        Workspace.delete(folder.resolve("varve"));
        Workspace.delete(folder.resolve("raw"));
        Workspace.delete(folder.resolve("s3proxy"));
    }

    private static ByteBuffer data(int bytes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer data = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (data.remaining() >= Long.BYTES) {
            data.putLong(random.nextLong());
        }
        return data.clear();
    }

    private static void large(
            StoreTable table, StoreSize size, List<S3Server> servers, RawDisk raw, ByteBuffer data, Path folder)
            throws Exception {
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(data)));
        List<S3Connection> connections = new ArrayList<>();
        List<Turns.Side> puts = new ArrayList<>();
        List<Turns.Side> gets = new ArrayList<>();
        try {
            for (S3Server server : servers) {
                connections.add(server.connect());
            }
            S3Connection ours = connections.getFirst();
            Turns.Task sync = round -> StorePeer.sync(folder);
            puts.add(Turns.Side.of(round -> ours.put(BUCKET + "/large-" + round, data)));
            puts.add(Turns.Side.of(round -> raw.write("blocks-" + round, data, BLOCK_BYTES)));
            puts.add(Turns.Side.of(round -> ours.put(BUCKET + "/signed-" + round, data, sha256)));
            puts.add(Turns.Side.of(round -> raw.write("whole-" + round, data, data.capacity())));
            for (S3Connection peer : connections.subList(1, connections.size())) {
                puts.add(new Turns.Side(round -> peer.put(BUCKET + "/large-" + round, data), sync));
                puts.add(new Turns.Side(round -> peer.put(BUCKET + "/signed-" + round, data, sha256), sync));
                puts.add(Turns.Side.of(round -> {
                    peer.put(BUCKET + "/synced-" + round, data);
                    sync.run(round);
                }));
            }
            Turns put = Turns.take(UNMEASURED, size.largeRounds(), puts);
            boolean hasPeer = connections.size() > 1;
            String mib = (data.capacity() >> 20) + " MiB";
            putRow(table, "PUT " + mib + ", durable; raw: fdatasync every 8 MiB", put, 0, 1, hasPeer ? 4 : -1, data);
            putRow(table, "the same; raw: one fdatasync at the end", put, 0, 3, -1, data);
            putRow(table, "the same, body signed by its SHA-256", put, 2, 1, hasPeer ? 5 : -1, data);
            if (hasPeer) {
                putRow(table, "PUT " + mib + "; s3proxy's time with a sync of the file system", put, 0, 1, 6, data);
            }
            check(connections, data);
            gets.add(Turns.Side.of(round -> ours.get(BUCKET + "/large-0")));
            gets.add(Turns.Side.of(round -> raw.read("whole-0")));
            for (S3Connection peer : connections.subList(1, connections.size())) {
                gets.add(Turns.Side.of(round -> peer.get(BUCKET + "/large-0")));
            }
            Turns get = Turns.take(2 * UNMEASURED, 2 * size.largeRounds(), gets);
            double ourMillis = get.medianMillis(0);
            table.add(
                    "GET " + mib + " from the page cache",
                    megabytesPerSecond(data.capacity(), ourMillis),
                    rate(get, 0, 1, data),
                    hasPeer ? rate(get, 0, 2, data) : Side.NONE,
                    new Target(
                            "≥ 1,000 MB/s or 0.90× of raw",
                            data.capacity() / ourMillis >= LEAST_READ_BYTES_PER_MILLI || get.ratio(0, 1) >= 0.90));
        } finally {
            connections.forEach(S3Connection::closeQuietly);
        }
    }

    private static byte[] bytes(ByteBuffer data) {
        byte[] bytes = new byte[data.capacity()];
        data.get(0, bytes);
        return bytes;
    }

    private static void putRow(StoreTable table, String what, Turns put, int ours, int raw, int peer, ByteBuffer data) {
        double ratio = put.ratio(ours, raw);
        table.add(
                what,
                megabytesPerSecond(data.capacity(), put.medianMillis(ours)),
                rate(put, ours, raw, data),
                peer < 0 ? Side.NONE : rate(put, ours, peer, data),
                new Target(String.format(Locale.ROOT, "≥ %.2f× of raw", LEAST_OF_RAW), ratio >= LEAST_OF_RAW));
    }

    private static Side rate(Turns turns, int ours, int other, ByteBuffer data) {
        return new Side(megabytesPerSecond(data.capacity(), turns.medianMillis(other)), turns.ratio(ours, other));
    }

    /** All give back what they were given. */
    private static void check(List<S3Connection> connections, ByteBuffer data) throws IOException {
        CRC32C expected = new CRC32C();
        expected.update(data.duplicate());
        for (S3Connection connection : connections) {
            CRC32C found = new CRC32C();
            long length = connection.get(BUCKET + "/large-0", bytes -> found.update(bytes.duplicate()));
            if (length != data.capacity() || found.getValue() != expected.getValue()) {
                throw new IllegalStateException("an object of " + length + " bytes is not what was written");
            }
        }
    }

    private static void small(
            StoreTable table,
            StoreSize size,
            List<S3Server> servers,
            RawDisk raw,
            ByteBuffer data,
            long seed,
            Path folder)
            throws Exception {
        List<S3Crowd> crowds = new ArrayList<>();
        try {
            for (S3Server server : servers) {
                crowds.add(new S3Crowd(server, BUCKET, size.writers(), data, seed));
            }
            int rawSide = crowds.size();
            double[][] puts = new double[crowds.size() + 1][size.smallRounds()];
            for (int round = -1; round < size.smallRounds(); round++) {
                for (int side = 0; side <= rawSide; side++) {
                    double rate = side == rawSide
                            ? raw.append(
                                            "small-" + round,
                                            data.slice(0, S3Crowd.OBJECT_BYTES),
                                            size.smallMillis() * 500_000L)
                                    / (size.smallMillis() / 2e3)
                            : crowds.get(side).putsPerSecond(size.smallMillis());
                    if (round >= 0) {
                        puts[side][round] = rate;
                    }
                    StorePeer.sync(folder);
                }
            }
            Turns put = Turns.ofRates(puts);
            double rate = 1_000 / put.medianMillis(0);
            table.add(
                    "PUT 4 KiB, durable, %d clients; raw: append and fdatasync, one after the other"
                            .formatted(size.writers()),
                    perSecond(rate),
                    rateSide(put, rawSide),
                    rawSide > 1 ? rateSide(put, 1) : Side.NONE,
                    new Target("≥ " + perSecond(LEAST_PUTS_PER_SECOND), rate >= LEAST_PUTS_PER_SECOND));
            reads(table, size, crowds);
            double[][] deletes = new double[crowds.size()][size.smallRounds()];
            for (int round = 0; round < size.smallRounds(); round++) {
                for (int side = 0; side < crowds.size(); side++) {
                    deletes[side][round] = crowds.get(side).deletesPerSecond(size.smallMillis() / 4);
                    StorePeer.sync(folder);
                }
            }
            Turns delete = Turns.ofRates(deletes);
            table.add(
                    "DELETE 4 KiB, durable, %d clients".formatted(size.writers()),
                    perSecond(1_000 / delete.medianMillis(0)),
                    Side.NONE,
                    rawSide > 1 ? rateSide(delete, 1) : Side.NONE,
                    Target.NONE);
        } finally {
            crowds.forEach(S3Crowd::close);
        }
    }

    private static Side rateSide(Turns turns, int other) {
        return new Side(perSecond(1_000 / turns.medianMillis(other)), turns.ratio(0, other));
    }

    private static void reads(StoreTable table, StoreSize size, List<S3Crowd> crowds) throws Exception {
        List<Samples> alone = Samples.inTurn(
                size.reads() / 4,
                size.reads(),
                crowds.stream().map(crowd -> (Samples.Task) crowd::readOne).toArray(Samples.Task[]::new));
        latency(table, "GET 4 KiB, one client", alone);
        List<LongStream> together = new ArrayList<>();
        crowds.forEach(crowd -> together.add(LongStream.empty()));
        for (int round = -1; round < size.smallRounds(); round++) {
            for (int side = 0; side < crowds.size(); side++) {
                long[] nanos = crowds.get(side).reads(READERS, size.smallMillis() / 4);
                if (round >= 0) {
                    together.set(side, LongStream.concat(together.get(side), LongStream.of(nanos)));
                }
            }
        }
        latency(
                table,
                "GET 4 KiB, " + READERS + " clients",
                together.stream().map(nanos -> new Samples(nanos.toArray())).toList());
    }

    private static void latency(StoreTable table, String what, List<Samples> sides) {
        for (double quantile : new double[] {0.50, 0.99}) {
            double ours = sides.getFirst().millisAt(quantile);
            table.add(
                    "%s, p%.0f".formatted(what, 100 * quantile),
                    millis(ours),
                    Side.NONE,
                    sides.size() > 1 ? time(sides.getLast(), quantile, ours) : Side.NONE,
                    quantile < 0.99
                            ? Target.NONE
                            : new Target("≤ " + millis(MOST_READ_MILLIS), ours <= MOST_READ_MILLIS));
        }
    }

    static Side time(Samples peer, double quantile, double ourMillis) {
        return new Side(millis(peer.millisAt(quantile)), peer.millisAt(quantile) / ourMillis);
    }

    /** A listing's times, beside the peer's if it was measured. */
    static void listRows(StoreTable table, int keys, Samples ours, List<Samples> peer) {
        for (double quantile : new double[] {0.50, 0.99, 1.0}) {
            double millis = ours.millisAt(quantile);
            table.add(
                    "LIST 1,000 of %,d keys, %s"
                            .formatted(keys, quantile < 1 ? "p%.0f".formatted(100 * quantile) : "worst"),
                    millis(millis),
                    Side.NONE,
                    peer.isEmpty() ? Side.NONE : time(peer.getFirst(), 0.50, millis),
                    quantile == 1.0
                            ? Target.NONE
                            : new Target("≤ " + millis(MOST_LIST_MILLIS), millis <= MOST_LIST_MILLIS));
        }
    }

    private static void slow(StoreTable table, StoreSize size, List<S3Server> servers) throws Exception {
        List<SlowClients.Effect> effects = new ArrayList<>();
        for (S3Server server : servers) {
            effects.add(SlowClients.effect(server, size, BUCKET));
        }
        SlowClients.Effect ours = effects.getFirst();
        String what = "%,d slow clients for %d s: ".formatted(size.slowClients(), size.slowSeconds());
        table.add(
                what + "heap after collection",
                ours.heapText(),
                Side.NONE,
                effects.size() > 1 ? new Side(effects.getLast().heapText(), Double.NaN) : Side.NONE,
                new Target("≤ " + (MOST_HEAP_GROWTH >> 20) + " MiB more", ours.heapGrowth() <= MOST_HEAP_GROWTH));
        table.add(
                what + "direct buffers",
                ours.directText(),
                Side.NONE,
                effects.size() > 1 ? new Side(effects.getLast().directText(), Double.NaN) : Side.NONE,
                Target.NONE);
        table.add(
                what + "GET 4 KiB of another client meanwhile, p99",
                ours.probeText(),
                Side.NONE,
                effects.size() > 1 ? new Side(effects.getLast().probeText(), Double.NaN) : Side.NONE,
                Target.NONE);
    }
}
