package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.Birth;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shared logs on real threads. */
@Timeout(60)
class SharedLogTest {
    private static final String LOG = "meta/07";
    private static final int NUMBER = 7;

    private final TestLogs logs = new TestLogs();
    private final Map<String, SharedLogs> nodes = new LinkedHashMap<>();

    /** Keeps what it sees. */
    private static final class Seen implements SharedLog.Follower {
        final List<String> records = new ArrayList<>();
        final List<@Nullable Object> own = new ArrayList<>();
        final List<SharedLog.Stamp> stamps = new ArrayList<>();
        final List<SharedLog.Checkpoint> skipped = new ArrayList<>();
        long next;

        Seen(long from) {
            next = from;
        }

        @Override
        public synchronized void record(long position, SharedLog.Stamp stamp, ByteBuffer bytes, @Nullable Object mine) {
            assertThat(position).isEqualTo(next);
            assertThat(bytes.isReadOnly()).isTrue();
            next++;
            records.add(StandardCharsets.UTF_8.decode(bytes).toString());
            own.add(mine);
            stamps.add(stamp);
        }

        @Override
        public synchronized void skip(SharedLog.Checkpoint checkpoint) {
            assertThat(checkpoint.position()).isGreaterThan(next);
            next = checkpoint.position();
            skipped.add(checkpoint);
        }

        synchronized List<String> records() {
            return List.copyOf(records);
        }
    }

    private record Node(SharedLog log, Seen seen) {}

    private Node start(String name) {
        return start(name, 0);
    }

    private Node start(String name, long from) {
        SharedLogs node = logs.node(name);
        nodes.put(name, node);
        SharedLog log = node.open(LOG, NUMBER);
        Seen seen = new Seen(from);
        log.follow(from, seen);
        return new Node(log, seen);
    }

    /** Nobody hears of it any more; its threads go on, as those of a node that is cut off. */
    private void kill(String name) {
        logs.peers().leave(name);
    }

    @AfterEach
    void close() {
        nodes.values().forEach(SharedLogs::close);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static CompletableFuture<Long> append(Node node, String text) {
        return node.log().append(bytes(text), text);
    }

    private static void until(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("still not so").isLessThan(end);
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void oneNodeLeadsByItself() {
        Node a = start("a");
        assertThat(append(a, "x").join()).isZero();
        assertThat(append(a, "y").join()).isEqualTo(1);
        assertThat(a.log().caughtUp().join()).isEqualTo(2);
        assertThat(a.seen().records()).containsExactly("x", "y");
        assertThat(a.seen().own).containsExactly("x", "y");
        assertThat(a.log().leads()).isTrue();
        assertThat(a.log().leader()).contains("a");
        assertThat(a.log().seen()).isEqualTo(2);
        assertThat(a.log().start()).hasValue(0);
        assertThat(a.log().head()).isPresent();
        assertThat(Birth.log(a.log().birth(5))).isEqualTo(NUMBER);
    }

    @Test
    void anyNodeAppendsAndAllSeeTheSame() {
        List<Node> all = List.of(start("a"), start("b"), start("c"));
        List<CompletableFuture<Long>> appended = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            appended.add(append(all.get(i % 3), "r" + i));
        }
        List<Long> positions = appended.stream().map(CompletableFuture::join).toList();
        assertThat(new HashSet<>(positions)).hasSize(3000);
        for (Node node : all) {
            assertThat(node.log().caughtUp().join()).isEqualTo(3000);
            assertThat(node.seen().records()).isEqualTo(all.getFirst().seen().records());
            assertThat(node.seen().stamps.stream().map(SharedLog.Stamp::trusted))
                    .isSorted();
        }
        List<String> records = all.getFirst().seen().records();
        for (int i = 0; i < 3000; i++) {
            assertThat(records.get((int) (long) positions.get(i))).isEqualTo("r" + i);
        }
        // Those of one caller stay in order, and come with what they were appended with.
        for (int node = 0; node < 3; node++) {
            int number = node;
            List<String> mine = records.stream()
                    .filter(record -> Integer.parseInt(record.substring(1)) % 3 == number)
                    .toList();
            assertThat(mine)
                    .isEqualTo(IntStream.range(0, 1000)
                            .mapToObj(i -> "r" + (3 * i + number))
                            .toList());
            assertThat(all.get(node).seen().own.stream().filter(own -> own != null))
                    .isEqualTo(mine);
        }
    }

    @Test
    void anotherNodeTakesOverAndNothingIsLostOrDoubled() throws Exception {
        List<Node> all = List.of(start("a"), start("b"), start("c"));
        append(all.get(0), "first").join();
        Map<Boolean, List<Node>> byLeading = all.stream()
                .collect(Collectors.partitioningBy(node -> node.log().leads()));
        Node leader = byLeading.getOrDefault(true, List.of()).getFirst();
        List<Node> others = byLeading.getOrDefault(false, List.of());
        List<CompletableFuture<Long>> appended = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            appended.add(append(others.get(i % 2), "r" + i));
            if (i == 100) {
                kill(leader.log().leader().orElseThrow());
            }
            Thread.sleep(1);
        }
        List<Long> positions = appended.stream().map(CompletableFuture::join).toList();
        for (Node node : others) {
            node.log().caughtUp().join();
            List<String> records = node.seen().records();
            assertThat(records).doesNotHaveDuplicates().contains("first");
            for (int i = 0; i < 200; i++) {
                assertThat(records.get((int) (long) positions.get(i))).isEqualTo("r" + i);
            }
        }
        assertThat(others.get(0).seen().records())
                .isEqualTo(others.get(1).seen().records());
        // The old leader reads the register and knows by that; the answers to what it asks get nowhere.
        until(() -> !leader.log().leads());
    }

    @Test
    void whoIsNominatedLeads() {
        Node a = start("a");
        Node b = start("b");
        append(a, "x").join();
        for (String next : List.of("b", "a", "b")) {
            a.log().nominate(next);
            b.log().nominate(next);
            until(() -> (next.equals("a") ? a : b).log().leads());
            append(a, next + "!").join();
        }
        assertThat(a.log().caughtUp().join()).isEqualTo(4);
        assertThat(a.seen().records()).containsExactly("x", "b!", "a!", "b!");
    }

    @Test
    void aNodeThatComesLateReadsEverything() {
        Node a = start("a");
        for (int i = 0; i < 100; i++) {
            append(a, "r" + i).join();
        }
        a.log().close();
        Node b = start("b");
        assertThat(b.log().caughtUp().join()).isEqualTo(100);
        assertThat(b.seen().records()).hasSize(100).isEqualTo(a.seen().records());
        Node c = start("c", 60);
        assertThat(c.log().caughtUp().join()).isEqualTo(100);
        assertThat(c.seen().records()).isEqualTo(a.seen().records().subList(60, 100));
    }

    @Test
    void whatIsBelowTheStartIsSkipped() {
        Node a = start("a");
        for (int i = 0; i < 30; i++) {
            append(a, "r" + i).join();
        }
        assertThat(a.log()
                        .checkpoint(new SharedLog.Checkpoint(10, bytes("ten")))
                        .join())
                .isTrue();
        assertThat(a.log().start()).hasValue(0);
        assertThat(a.log()
                        .checkpoint(new SharedLog.Checkpoint(20, bytes("twenty")))
                        .join())
                .isTrue();
        assertThat(a.log().start()).hasValue(10);
        assertThat(a.log()
                        .checkpoint(new SharedLog.Checkpoint(15, bytes("late")))
                        .join())
                .isFalse();
        Node b = start("b");
        assertThat(b.log().caughtUp().join()).isEqualTo(30);
        assertThat(b.seen().skipped).hasSize(1);
        assertThat(b.seen().skipped.getFirst().position()).isEqualTo(20);
        assertThat(b.seen().skipped.getFirst().manifest()).isEqualTo(bytes("twenty"));
        assertThat(b.seen().records()).isEqualTo(a.seen().records().subList(20, 30));
        Node c = start("c", 12);
        assertThat(c.log().caughtUp().join()).isEqualTo(30);
        assertThat(c.seen().skipped).isEmpty();
        assertThat(b.log().checkpoint(new SharedLog.Checkpoint(25, bytes("no"))).join())
                .isFalse();
        assertThat(a.log().truncateBefore(29).join()).isTrue();
        Node d = start("d", 12);
        assertThat(d.log().caughtUp().join()).isEqualTo(30);
        assertThat(d.seen().skipped.getFirst().position()).isEqualTo(29);
        assertThat(d.seen().records()).containsExactly("r29");
    }

    @Test
    void aLargeRecordGetsThroughAndALargerOneIsRefused() {
        Node a = start("a");
        Node b = start("b");
        append(a, "x").join();
        Node far = a.log().leads() ? b : a;
        ByteBuffer large = ByteBuffer.allocate(SharedLog.MAX_RECORD_BYTES);
        assertThat(far.log().append(large, "large").join()).isEqualTo(1);
        assertThatThrownBy(() -> far.log()
                        .append(ByteBuffer.allocate(SharedLog.MAX_RECORD_BYTES + 1), "larger")
                        .join())
                .isInstanceOfSatisfying(
                        CompletionException.class,
                        e -> assertThat(e.getCause())
                                .isInstanceOfSatisfying(
                                        VarveException.class,
                                        cause -> assertThat(cause.code()).isEqualTo(ErrorCode.TOO_LARGE)));
        List<CompletableFuture<Long>> flood = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            flood.add(far.log().append(large, i));
        }
        long refused = flood.stream()
                .filter(each -> each.handle((position, failure) -> failure != null)
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join())
                .count();
        assertThat(refused).isPositive();
        assertThat(far.log().caughtUp().join()).isEqualTo(22 - refused);
    }

    @Test
    void whoClosesLetsAnotherLeadAtOnce() {
        Node a = start("a");
        append(a, "x").join();
        Node b = start("b");
        b.log().caughtUp().join();
        Objects.requireNonNull(nodes.remove("a")).close();
        assertThat(append(b, "y").join()).isEqualTo(1);
        assertThatThrownBy(() -> append(a, "z").join()).hasMessageContaining("closed");
    }
}
