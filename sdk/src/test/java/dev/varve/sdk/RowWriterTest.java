package dev.varve.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RowWriterTest {
    private static final String NO_LINGER = "linger=60s";

    private FakeNode node;

    @BeforeEach
    void start() throws Exception {
        node = new FakeNode();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void everyTypeArrivesAsSet() {
        try (Varve varve = Varve.connect(node.url(NO_LINGER));
                RowWriter w = varve.writer("air")) {
            w.time(1_000_000)
                    .at(40.5, -73.25)
                    .set(w.column("station"), "K\u00e9\u6c34\ud83d\ude00\ud800")
                    .set(w.column("TEMP"), 21.5)
                    .set(w.column("count"), 7)
                    .set(w.column("ok"), true)
                    .set(w.column("small"), 2.5)
                    .set(w.column("day"), 1L)
                    .set(w.column("raw"), new byte[] {1, 2, 3})
                    .add();
            w.time(2_000_000).add();
            w.time(3_000_000)
                    .set(w.column("station"), "a")
                    .set(w.column("station"), "bc")
                    .add();
            assertThat(w.flush().join()).isEqualTo(new Ack(3, 0, 0, 5));
        }
        assertThat(node.rows())
                .containsExactly(
                        List.of(
                                "1970-01-01T00:00:01",
                                "40.5",
                                "-73.25",
                                "K\u00e9\u6c34\ud83d\ude00?",
                                "21.5",
                                "7",
                                "true",
                                "2.5",
                                "1",
                                3),
                        List.of(
                                "1970-01-01T00:00:02",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null"),
                        List.of(
                                "1970-01-01T00:00:03",
                                "null",
                                "null",
                                "bc",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null",
                                "null"));
    }

    @Test
    void aDiscardedRowLeavesNothingBehind() {
        try (Varve varve = Varve.connect(node.url(NO_LINGER));
                RowWriter w = varve.writer("air")) {
            Column station = w.column("station");
            Column temp = w.column("temp");
            w.time(1).set(station, "first").add();
            w.time(2).set(station, "gone").set(temp, 1.0);
            assertThatThrownBy(() -> w.set(temp, "text")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(w::flush).isInstanceOf(IllegalStateException.class);
            w.discard();
            w.time(3).add();
        }
        assertThat(node.rows()).extracting(row -> row.get(3)).containsExactly("first", "null");
        assertThat(node.rows()).extracting(row -> row.get(4)).containsExactly("null", "null");
    }

    @Test
    void batchesAreCutByRowsAndCarryTheirSequence() {
        try (Varve varve = Varve.connect(node.url("batchRows=10&" + NO_LINGER));
                RowWriter w = varve.writer("air", "me")) {
            addRows(w, 25);
        }
        assertThat(node.keysSeen).containsExactlyInAnyOrder("me-0", "me-1", "me-2");
        assertThat(node.rows()).hasSize(25);
        assertThat(node.queries).allMatch(query -> query.equals("onError=reject-row"));
    }

    @Test
    void batchesAreCutByBytes() {
        try (Varve varve = Varve.connect(node.url("batchBytes=1KiB&" + NO_LINGER));
                RowWriter w = varve.writer("air")) {
            Column station = w.column("station");
            String text = "x".repeat(600);
            for (int i = 0; i < 6; i++) {
                w.time(i).set(station, text).add();
            }
        }
        assertThat(node.rowsByKey).hasSize(3);
    }

    @Test
    void aLonelyRowIsSentAfterTheLinger() throws Exception {
        try (Varve varve = Varve.connect(node.url("linger=10ms"));
                RowWriter w = varve.writer("air")) {
            w.time(1).add();
            for (int i = 0; i < 2_000 && node.rows().isEmpty(); i++) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            assertThat(node.rows()).hasSize(1);
        }
        assertThat(node.rows()).hasSize(1);
    }

    @Test
    void aLostAnswerIsAskedForAgainUnderTheSameKey() {
        node.script.add(new FakeNode.Behaviour.StoreAndDrop());
        node.script.add(new FakeNode.Behaviour.StoreAndTruncate());
        node.script.add(new FakeNode.Behaviour.Answer(503, "{}", Map.of("Retry-After", "0")));
        node.script.add(new FakeNode.Behaviour.Answer(429, "slow down", Map.of()));
        node.script.add(new FakeNode.Behaviour.Answer(200, "{\"strange\": 1}", Map.of()));
        Ack ack;
        try (Varve varve = Varve.connect(node.url(NO_LINGER));
                RowWriter w = varve.writer("air", "me")) {
            addRows(w, 5);
            ack = w.flush().join();
        }
        assertThat(ack).isEqualTo(new Ack(5, 0, 5, 5));
        assertThat(node.keysSeen).hasSize(6).containsOnly("me-0");
        assertThat(node.rows()).hasSize(5);
    }

    @Test
    void aSlowAnswerIsAskedForAgain() {
        CountDownLatch never = new CountDownLatch(1);
        node.script.add(new FakeNode.Behaviour.Wait(never));
        try (Varve varve = Varve.connect(node.url("requestTimeout=100ms&" + NO_LINGER));
                RowWriter w = varve.writer("air", "me")) {
            addRows(w, 5);
        }
        never.countDown();
        assertThat(node.keysSeen).hasSize(2).containsOnly("me-0");
    }

    @Test
    void retryAfterIsHonoured() {
        node.script.add(new FakeNode.Behaviour.Answer(503, "{}", Map.of("Retry-After", "1")));
        long start = System.nanoTime();
        try (Varve varve = Varve.connect(node.url(NO_LINGER));
                RowWriter w = varve.writer("air")) {
            addRows(w, 1);
        }
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void aRefusalIsNeverRepeatedAndSticks() {
        node.script.add(new FakeNode.Behaviour.Answer(
                422, "{\"code\": \"SCHEMA_MISMATCH\", \"detail\": \"no column 'x'\", \"hint\": \"add it\"}", Map.of()));
        try (Varve varve = Varve.connect(node.url("batchRows=2&inFlight=1&" + NO_LINGER))) {
            RowWriter w = varve.writer("air");
            addRows(w, 2);
            assertThatThrownBy(() -> RowWriter.await(w.flush()))
                    .isInstanceOfSatisfying(VarveClientException.class, e -> {
                        assertThat(e.code()).isEqualTo("SCHEMA_MISMATCH");
                        assertThat(e.status()).isEqualTo(422);
                        assertThat(e.hint()).isEqualTo("add it");
                    });
            assertThatThrownBy(() -> addRows(w, 2)).isInstanceOf(VarveClientException.class);
            assertThat(w.flush()).isCompletedExceptionally();
            assertThatThrownBy(w::close).isInstanceOf(VarveClientException.class);
            w.close();
        }
        assertThat(node.keysSeen).hasSize(1);
        assertThat(node.rows()).isEmpty();
    }

    @Test
    void anUnreachableNodeFailsAfterTheRetryTimeout() {
        Varve varve = Varve.connect(node.url("retryTimeout=300ms&" + NO_LINGER));
        RowWriter w = varve.writer("air");
        addRows(w, 3);
        node.close();
        assertThatThrownBy(varve::close).isInstanceOfSatisfying(VarveClientException.class, e -> {
            assertThat(e.code()).isIn("UNREACHABLE", "STREAM_BROKEN");
            assertThat(e).hasMessageContaining("gave up after");
        });
    }

    @Test
    void aFullBufferFailsTheNextRowWhichMayBeTriedAgain() {
        CountDownLatch slow = new CountDownLatch(1);
        node.script.add(new FakeNode.Behaviour.Wait(slow));
        try (Varve varve = Varve.connect(node.url("batchRows=2&inFlight=1&buffer=fail&" + NO_LINGER));
                RowWriter w = varve.writer("air")) {
            addRows(w, 4);
            assertThatThrownBy(() -> w.time(9))
                    .isInstanceOfSatisfying(
                            VarveClientException.class,
                            e -> assertThat(e.code()).isEqualTo("BUFFER_FULL"));
            slow.countDown();
            boolean added = false;
            while (!added) {
                try {
                    w.time(9).add();
                    added = true;
                } catch (VarveClientException e) {
                    Thread.onSpinWait();
                }
            }
        }
        assertThat(node.rows()).hasSize(5);
    }

    @Test
    void aFullBufferBlocksUntilTheNodeAnswers() {
        CountDownLatch slow = new CountDownLatch(1);
        node.script.add(new FakeNode.Behaviour.Wait(slow));
        try (Varve varve = Varve.connect(node.url("batchRows=2&inFlight=1&" + NO_LINGER));
                RowWriter w = varve.writer("air")) {
            CompletableFuture<Void> adding = CompletableFuture.runAsync(() -> addRows(w, 10));
            assertThat(adding).isNotDone();
            slow.countDown();
            adding.join();
        }
        assertThat(node.rows()).hasSize(10);
    }

    @Test
    void rejectedRowsAreNumberedOverAllRowsAdded() {
        node.script.add(new FakeNode.Behaviour.Accept());
        node.script.add(new FakeNode.Behaviour.Answer(
                200,
                "{\"accepted\": 1, \"rejected\": 1, \"position\": 8, \"duplicate\": false, \"errors\":"
                        + " [{\"row\": 2, \"column\": \"lat\", \"value\": \"91.0\", \"reason\": \"above 90\"}]}",
                Map.of()));
        List<RowError> rejected = Collections.synchronizedList(new ArrayList<>());
        Ack ack;
        try (Varve varve = Varve.connect(node.url("batchRows=2&inFlight=1&" + NO_LINGER));
                RowWriter w = varve.writer("air").onRejected(rejected::add)) {
            addRows(w, 4);
            ack = w.flush().join();
        }
        assertThat(ack).isEqualTo(new Ack(3, 1, 0, 8));
        assertThat(rejected).containsExactly(new RowError(4, "lat", "91.0", "above 90"));
    }

    @Test
    void anAnswerThatDoesNotAccountForAllRowsIsAFailure() {
        node.script.add(new FakeNode.Behaviour.Answer(
                200, "{\"accepted\": 1, \"rejected\": 0, \"position\": 8, \"duplicate\": false}", Map.of()));
        try (Varve varve = Varve.connect(node.url(NO_LINGER))) {
            RowWriter w = varve.writer("air");
            addRows(w, 2);
            assertThatThrownBy(w::close).hasMessageContaining("accounts for 1 rows of a batch of 2");
        }
    }

    @Test
    void closingWithAnUnfinishedRowStoresTheOthersAndSaysSo() {
        try (Varve varve = Varve.connect(node.url(NO_LINGER))) {
            RowWriter w = varve.writer("air");
            addRows(w, 2);
            w.time(3);
            assertThatThrownBy(w::close)
                    .isInstanceOfSatisfying(
                            VarveClientException.class,
                            e -> assertThat(e.code()).isEqualTo("ROW_UNFINISHED"));
        }
        assertThat(node.rows()).hasSize(2);
    }

    @Test
    void aHandleOfAnotherWriterAndAnUnknownColumnAreRefused() {
        try (Varve varve = Varve.connect(node.url(NO_LINGER));
                RowWriter a = varve.writer("air");
                RowWriter b = varve.writer("air")) {
            assertThatThrownBy(() -> a.set(b.column("temp"), 1.0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> a.column("tempp")).hasMessageContaining("'temp'");
            assertThatThrownBy(a::add).hasMessageContaining("needs a time");
        }
    }

    @Test
    void aKeyedDatasetIsWrittenInOrder() {
        node.key = "\"station\"";
        CountDownLatch slow = new CountDownLatch(1);
        node.script.add(new FakeNode.Behaviour.Answer(503, "{}", Map.of()));
        try (Varve varve = Varve.connect(node.url("batchRows=1&" + NO_LINGER));
                RowWriter w = varve.writer("air", "me")) {
            addRows(w, 4);
        }
        slow.countDown();
        assertThat(node.keysSeen).containsExactly("me-0", "me-0", "me-1", "me-2", "me-3");
    }

    @Test
    void addingRowsAllocatesNothingPerRow() {
        node.discard = true;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId();
        try (Varve varve = Varve.connect(node.url("batchRows=16384&" + NO_LINGER));
                RowWriter w = varve.writer("air")) {
            Column station = w.column("station");
            Column temp = w.column("temp");
            Column count = w.column("count");
            String[] names = {"KJFK", "EGLL", "Z\u00fcrich", "\u6771\u4eac"};
            fill(w, station, temp, count, names, 300_000);
            long before = threads.getThreadAllocatedBytes(thread);
            fill(w, station, temp, count, names, 1_000_000);
            long allocated = threads.getThreadAllocatedBytes(thread) - before;
            // 61 batches are handed over; a hundredth of the smallest object per row would be 160,000.
            assertThat(allocated).isLessThan(160_000);
        }
    }

    private static void fill(RowWriter w, Column station, Column temp, Column count, String[] names, int rows) {
        for (int i = 0; i < rows; i++) {
            w.time(i)
                    .at(i * 1e-5, -i * 1e-5)
                    .set(station, names[i & 3])
                    .set(temp, i * 0.5)
                    .set(count, i)
                    .add();
        }
    }

    private static void addRows(RowWriter w, int rows) {
        for (int i = 0; i < rows; i++) {
            w.time(i).at(1, 2).add();
        }
    }
}
