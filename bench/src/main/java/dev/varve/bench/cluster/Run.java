package dev.varve.bench.cluster;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** One workload against one nemesis: load, strike, load, heal, load, converge, read back, judge. */
final class Run {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(4);
    private static final Duration CALM = Duration.ofSeconds(2);
    private static final Duration CONVERGE = Duration.ofSeconds(150);

    /**
     * What is known after a run.
     *
     * @param converged from healing until all nodes were ready and nothing was to be copied
     * @param violations empty if all was right
     */
    record Result(
            Instant when,
            long seed,
            String workload,
            String nemesis,
            String struck,
            Tally.Sum load,
            Duration converged,
            List<String> violations) {
        boolean isRight() {
            return violations.isEmpty();
        }
    }

    private final Cluster cluster;
    private final Workloads workload;
    private final Nemeses nemesis;
    private final long seed;
    private final Duration seconds;

    /** @param seconds of load */
    Run(Cluster cluster, Workloads workload, Nemeses nemesis, long seed, Duration seconds) {
        this.cluster = cluster;
        this.workload = workload;
        this.nemesis = nemesis;
        this.seed = seed;
        this.seconds = seconds;
    }

    Result go() throws InterruptedException {
        Instant when = Instant.now();
        Random random = new Random(seed);
        Tally tally = new Tally();
        // Names must not meet those of another run on the same cluster.
        String name = Long.toString(seed & 0xFFFFFFL, 36) + Long.toString(when.toEpochMilli() % 10_000_000, 36);
        Workload clients = workload.make(name, seed, tally);
        Nemesis fault = nemesis.make();
        List<String> violations = new ArrayList<>();
        String struck = "";
        Duration converged = Duration.ZERO;
        Tally.Sum load = tally.sum();
        try {
            List<Cluster.Member> members = cluster.members();
            Door preparing = new Door(members, cluster.key(), REQUEST_TIMEOUT.multipliedBy(3), new Tally());
            fault.prepare(cluster, random);
            clients.prepare(preparing);
            tally.begin();
            struck = underLoad(clients, fault, random, new Door(members, cluster.key(), REQUEST_TIMEOUT, tally));
            load = tally.sum();
            long healed = System.nanoTime();
            converge(violations);
            converged = Duration.ofNanos(System.nanoTime() - healed);
            // Whoever has left meanwhile is not asked.
            clients.readBack(new Door(cluster.members(), cluster.key(), REQUEST_TIMEOUT.multipliedBy(5), new Tally()));
            violations.addAll(clients.violations());
        } catch (IOException | RuntimeException e) {
            violations.addAll(clients.violations());
            violations.add("the run broke off: " + e);
            try {
                fault.heal(cluster);
            } catch (IOException again) {
                violations.add("it could not be healed: " + again);
            }
        }
        return new Result(when, seed, workload.shown(), nemesis.shown(), struck, load, converged, violations);
    }

    private String underLoad(Workload clients, Nemesis fault, Random random, Door door)
            throws IOException, InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients.clients(); i++) {
            int client = i;
            Random own = new Random(seed * 1000 + client);
            threads.add(Thread.ofPlatform().name("client-" + client).start(() -> {
                try {
                    while (!stop.get()) {
                        clients.step(client, own, door);
                        Thread.sleep(1 + (long) (own.nextDouble() * 2 * clients.pauseMillis()));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        try {
            Thread.sleep(CALM.toMillis());
            long begun = System.nanoTime();
            String struck = fault.strike(cluster, random);
            long broken =
                    seconds.toMillis() - 2 * CALM.toMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            Thread.sleep(Math.max(1000, broken));
            fault.heal(cluster);
            Thread.sleep(CALM.toMillis());
            return struck;
        } finally {
            stop.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private void converge(List<String> violations) throws InterruptedException {
        long deadline = System.nanoTime() + CONVERGE.toNanos();
        while (true) {
            Optional<String> waiting = cluster.members().stream()
                    .filter(member -> !cluster.isReady(member))
                    .map(member -> member.name() + " is not ready")
                    .findFirst()
                    .or(cluster::unrest);
            if (waiting.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                violations.add("not at rest " + CONVERGE.toSeconds() + " s after healing: " + waiting.get());
                return;
            }
            Thread.sleep(200);
        }
    }
}
