package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.TestNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Listings while others write and delete: what is there all the time is listed once, what was deleted before is not, and
 * what comes or goes meanwhile is listed once at most.
 */
@Timeout(300)
class BusyListingTest {
    private static final int WRITERS = 4;
    private static final int KEYS = 1_500;
    /** Of all writers during all rounds, so that the last lists are not much longer than the first. */
    private static final int WRITES = 3_000;

    @TempDir
    private static Path directory;

    private static TestNode node;

    @BeforeAll
    static void start() {
        node = TestNode.start(directory, Map.of());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static TestRequest request(String method, String path) {
        return TestRequest.of(method, path).by(TestRequest.Key.NODE);
    }

    /** What writers know to be so, after their requests were answered. */
    private static final class Knowledge {
        /** Written, and nobody deletes them. */
        private final Set<String> there = ConcurrentHashMap.newKeySet();
        /** Deleted, and nobody writes them again. */
        private final Set<String> gone = ConcurrentHashMap.newKeySet();
    }

    /** Writes keys that stay, keys that go, and keys that come and go again and again. */
    private static void write(
            Connections connections, String bucket, int id, Semaphore turns, AtomicBoolean isOver, Knowledge known)
            throws Exception {
        Random random = new Random(id);
        List<String> doomed = new ArrayList<>();
        for (int i = 0; !isOver.get(); i++) {
            if (!turns.tryAcquire(10, TimeUnit.MILLISECONDS)) {
                continue;
            }
            String place = "k%05d-%d-%d".formatted(random.nextInt(KEYS), id, i);
            switch (random.nextInt(5)) {
                case 0 -> {
                    put(connections, bucket, place + "-stays");
                    known.there.add(place + "-stays");
                }
                case 1, 2 -> {
                    put(connections, bucket, place + "-goes");
                    doomed.add(place + "-goes");
                }
                case 3 -> {
                    String flickering = "k%05d-%d-flickers".formatted(random.nextInt(KEYS), id);
                    if (random.nextBoolean()) {
                        put(connections, bucket, flickering);
                    } else {
                        delete(connections, bucket, flickering);
                    }
                }
                default -> {
                    if (!doomed.isEmpty()) {
                        String goes = doomed.remove(random.nextInt(doomed.size()));
                        delete(connections, bucket, goes);
                        known.gone.add(goes);
                    }
                }
            }
        }
    }

    private static void put(Connections connections, String bucket, String key) throws Exception {
        assertThat(connections.send(request("PUT", "/" + bucket + "/" + key)).status())
                .isEqualTo(200);
    }

    private static void delete(Connections connections, String bucket, String key) throws Exception {
        assertThat(connections.send(request("DELETE", "/" + bucket + "/" + key)).status())
                .isEqualTo(204);
    }

    private interface Listing {
        List<String> keys(Lists lists, int most) throws Exception;
    }

    private static void listAgainAndAgain(String bucket, int rounds, boolean isVersioned, Listing listing)
            throws Exception {
        Knowledge known = new Knowledge();
        Semaphore turns = new Semaphore(0);
        AtomicBoolean isOver = new AtomicBoolean();
        try (Connections connections = new Connections(node.s3Port(), WRITERS + 1);
                ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(connections.send(request("PUT", "/" + bucket)).status()).isEqualTo(200);
            if (isVersioned) {
                String on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
                assertThat(connections
                                .send(request("PUT", "/" + bucket)
                                        .query("versioning", "")
                                        .body(on))
                                .status())
                        .isEqualTo(200);
            }
            for (int i = 0; i < 200; i++) {
                String key = "k%05d-first".formatted(i * 7);
                put(connections, bucket, key);
                known.there.add(key);
            }
            List<Future<?>> running = new ArrayList<>();
            for (int id = 0; id < WRITERS; id++) {
                int writer = id;
                running.add(writers.submit(() -> {
                    write(connections, bucket, writer, turns, isOver, known);
                    return null;
                }));
            }
            try {
                Lists lists = new Lists(connections, bucket);
                for (int round = 0; round < rounds; round++) {
                    turns.release(WRITES / rounds);
                    List<String> there = List.copyOf(known.there);
                    List<String> gone = List.copyOf(known.gone);
                    List<String> found = listing.keys(lists, round % 2 == 0 ? 17 : 100);
                    assertThat(found).doesNotHaveDuplicates().isSorted().containsAll(there);
                    if (!gone.isEmpty()) {
                        assertThat(found).doesNotContainAnyElementsOf(gone);
                    }
                }
            } finally {
                isOver.set(true);
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertThat(known.gone).isNotEmpty();
    }

    /** The keys whose newest version is no marker; no version is listed twice, and a key's versions stand together. */
    private static List<String> current(Lists lists, int most) throws Exception {
        List<Lists.Version> versions = lists.versions(most);
        assertThat(versions).doesNotHaveDuplicates();
        List<String> keys = new ArrayList<>();
        String before = "";
        for (Lists.Version version : versions) {
            if (!version.key().equals(before) && !version.isMarker()) {
                keys.add(version.key());
            }
            before = version.key();
        }
        return keys;
    }

    @Test
    void theSecondVersionMissesNothing() throws Exception {
        listAgainAndAgain("busy-v2", 12, false, Lists::v2);
    }

    @Test
    void theFirstVersionMissesNothing() throws Exception {
        listAgainAndAgain("busy-v1", 12, false, Lists::v1);
    }

    @Test
    void listingsOfVersionsMissNothing() throws Exception {
        listAgainAndAgain("busy-versions", 8, true, BusyListingTest::current);
    }

    @Tag("slow")
    @Test
    void allOfThemForLonger() throws Exception {
        listAgainAndAgain("long-v2", 200, false, Lists::v2);
        listAgainAndAgain("long-v1", 200, false, Lists::v1);
        listAgainAndAgain("long-current", 100, true, Lists::v2);
        listAgainAndAgain("long-versions", 100, true, BusyListingTest::current);
    }
}
