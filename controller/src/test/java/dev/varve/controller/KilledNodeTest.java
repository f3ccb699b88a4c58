package dev.varve.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.controller.helix.LocalZooKeeper;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed; prints how long their logs were without a leader that is there. */
@Tag("slow")
class KilledNodeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    /** A node in a process of its own, until it is killed. */
    static final class NodeProcess {
        public static void main(String[] arguments) throws InterruptedException {
            Membership ignored = join(
                    ClusterSettings.of(arguments[0], "lake").withReserveBytes(0),
                    arguments[1],
                    EnumSet.allOf(Role.class));
            new CountDownLatch(1).await();
        }
    }

    private static Membership join(ClusterSettings settings, String id, Set<Role> roles) {
        ClusterMember self =
                new ClusterMember(id, Enrolment.claim(settings, id).number(), "", "host", 1, 2, 3, 4, roles, true);
        return Membership.join(settings, self, 1L << 40, 1L << 40, (group, from, to) -> {});
    }

    @Test
    void logsOfAKilledNodeAreLedByOthersSoon() throws Exception {
        List<Long> millis = new ArrayList<>();
        Map<String, Process> processes = new TreeMap<>();
        try (LocalZooKeeper zookeeper = new LocalZooKeeper(folder)) {
            ClusterSettings settings =
                    ClusterSettings.of(zookeeper.address(), "lake").withReserveBytes(0);
            try (Membership watcher = join(settings, "watcher", EnumSet.of(Role.QUERY))) {
                for (int round = 0; round < 6; round++) {
                    for (String id : List.of("a", "b", "c")) {
                        if (!processes.containsKey(id)) {
                            processes.put(id, start(zookeeper.address(), id));
                        }
                    }
                    await(() -> "all lead, but " + watcher.get(), () -> isSpread(watcher));
                    // In turn, so that sometimes it is the one that leads the controller, too.
                    String victim = List.of("a", "b", "c").get(round % 3);
                    long killed = System.nanoTime();
                    Objects.requireNonNull(processes.remove(victim))
                            .destroyForcibly()
                            .waitFor();
                    await(() -> "others lead, but " + watcher.get(), () -> leads(watcher, victim) == 0);
                    millis.add((System.nanoTime() - killed) / 1_000_000);
                    assertThat(watcher.get().leaders()).hasSize(20);
                }
            } finally {
                processes.values().forEach(Process::destroyForcibly);
            }
        }
        System.out.println("logs led by others after ms: " + millis);
    }

    private static boolean isSpread(Membership seenBy) {
        return Stream.of("a", "b", "c").allMatch(node -> leads(seenBy, node) >= 6);
    }

    private static long leads(Membership seenBy, String node) {
        return seenBy.get().leaders().values().stream().filter(node::equals).count();
    }

    private static Process start(String zookeeper, String id) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeProcess.class.getName(),
                        zookeeper,
                        id)
                .inheritIO()
                .start();
    }

    private static void await(Supplier<String> what, BooleanSupplier reached) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what.get()).isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
