package dev.varve.bench;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.Peers;
import dev.varve.server.peer.GrpcPeers;
import dev.varve.server.peer.PeerConfig;
import dev.varve.server.peer.PeerIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.memory.BufferAllocator;

/**
 * How many requests a second one node asks of another over mutual TLS on loopback, both in this process. Run: {@code ./varve
 * bench peers}.
 */
final class PeersBenchmark implements Benchmark {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration ROUND = Duration.ofSeconds(4);
    private static final int SMALL = 200;
    private static final int LARGE = 1 << 20;

    private record Round(double perSecond, double p50Micros, double p99Micros) {}

    @Override
    public void run(Workspace workspace, BufferAllocator memory, Report report) throws IOException {
        Path folder = Files.createTempDirectory("varve-peers");
        Path secret = Files.write(folder.resolve("secret"), new SecureRandom().generateSeed(32));
        AtomicReference<ClusterView> view = new AtomicReference<>(ClusterView.EMPTY);
        try (GrpcPeers a = open("a", secret, view);
                GrpcPeers b = open("b", secret, view)) {
            view.set(new ClusterView(Map.of("a", member(a, 1), "b", member(b, 2)), List.of(), Map.of()));
            ByteBuffer chunk = ByteBuffer.allocateDirect(LARGE);
            ByteBuffer word = ByteBuffer.allocate(SMALL);
            b.serve("take", (from, request) -> CompletableFuture.completedFuture(word));
            b.serve("give", (from, request) -> CompletableFuture.completedFuture(chunk));
            for (int inFlight : new int[] {1, 64}) {
                show(report, "asks of 200 bytes, " + inFlight + " at a time", measured(a, "take", word, inFlight), 0);
            }
            for (int inFlight : new int[] {1, 8}) {
                show(
                        report,
                        "requests of 1 MiB, " + inFlight + " at a time",
                        measured(a, "take", chunk, inFlight),
                        LARGE);
                show(
                        report,
                        "answers of 1 MiB, " + inFlight + " at a time",
                        measured(a, "give", word, inFlight),
                        LARGE);
            }
        } finally {
            Files.delete(secret);
            Files.delete(folder);
        }
    }

    private static GrpcPeers open(String node, Path secret, AtomicReference<ClusterView> view) {
        return GrpcPeers.start(
                PeerConfig.of(node, "127.0.0.1", 0),
                PeerIdentity.ofSecret(secret, node, InstantSource.system()),
                view::get);
    }

    private static ClusterMember member(GrpcPeers peers, int number) {
        return new ClusterMember(
                peers.self(), number, "", "127.0.0.1", peers.port(), 0, 0, 0, Set.of(Role.STORE), true);
    }

    private static void show(Report report, String what, Round round, int bytes) {
        String rate = bytes == 0
                ? String.format(Locale.ROOT, "%,.0f/s", round.perSecond())
                : String.format(Locale.ROOT, "%,.0f MB/s", round.perSecond() * bytes / 1e6);
        report.value(what, "%s, p50 %.0f µs, p99 %.0f µs".formatted(rate, round.p50Micros(), round.p99Micros()));
    }

    /** The second of two rounds: the first is for the compiler. */
    private static Round measured(Peers peers, String method, ByteBuffer request, int inFlight) {
        Round ignored = round(peers, method, request, inFlight);
        return round(peers, method, request, inFlight);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // counted when it ends
    private static Round round(Peers peers, String method, ByteBuffer request, int inFlight) {
        Semaphore room = new Semaphore(inFlight);
        long[] nanos = new long[1 << 22];
        AtomicLong count = new AtomicLong();
        long start = System.nanoTime();
        while (System.nanoTime() - start < ROUND.toNanos()) {
            room.acquireUninterruptibly();
            long sent = System.nanoTime();
            peers.ask("b", method, request, TIMEOUT).whenComplete((answer, failure) -> {
                if (failure == null) {
                    nanos[(int) count.getAndIncrement() % nanos.length] = System.nanoTime() - sent;
                }
                room.release();
            });
        }
        room.acquireUninterruptibly(inFlight);
        double seconds = (System.nanoTime() - start) / 1e9;
        int total = (int) Math.min(nanos.length, count.get());
        Arrays.sort(nanos, 0, total);
        return new Round(count.get() / seconds, nanos[total / 2] / 1e3, nanos[(int) (total * 0.99)] / 1e3);
    }
}
