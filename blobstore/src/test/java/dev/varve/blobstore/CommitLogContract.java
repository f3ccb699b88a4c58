package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.CommitLog.Outcome;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every commit log promises. */
abstract class CommitLogContract {
    private CommitLog log;

    /** Opens the test's log; after the first time, with what is in it. */
    abstract CommitLog open();

    @BeforeEach
    void openLog() {
        log = open();
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    private void reopen() {
        log.close();
        log = open();
    }

    static ByteBuffer bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    static List<ByteBuffer> contents(CommitLog log, long from) {
        List<ByteBuffer> found = new ArrayList<>();
        log.read(from, (position, batch) -> {
            assertThat(position).isEqualTo(from + found.size());
            byte[] copy = new byte[batch.remaining()];
            batch.get(copy);
            found.add(ByteBuffer.wrap(copy));
        });
        return found;
    }

    @Test
    void aNewLogIsEmpty() {
        assertThat(log.start()).isZero();
        assertThat(log.end()).isZero();
        assertThat(contents(log, 0)).isEmpty();
    }

    @Test
    void batchesComeBackInOrderAlsoAfterReopening() {
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            batches.add(bytes(i, (i * 37) % 3000));
            assertThat(log.append(batches.get(i), i % 2 == 0 ? i : CommitLog.ANYWHERE)
                            .join())
                    .isEqualTo(new Outcome.Appended(i));
        }
        assertThat(log.end()).isEqualTo(200);
        assertThat(contents(log, 0)).isEqualTo(batches);
        assertThat(contents(log, 150)).isEqualTo(batches.subList(150, 200));
        assertThat(contents(log, 200)).isEmpty();
        reopen();
        assertThat(log.end()).isEqualTo(200);
        assertThat(contents(log, 0)).isEqualTo(batches);
        assertThat(log.append(bytes(1, 9), 200).join()).isEqualTo(new Outcome.Appended(200));
    }

    @Test
    void directAndHeapBuffersOfAnySizeAreTaken() {
        int[] sizes = {0, 1, 100, 1 << 20, (1 << 20) + 1, 5 << 20};
        List<ByteBuffer> batches = new ArrayList<>();
        for (int size : sizes) {
            ByteBuffer heap = bytes(size, size);
            ByteBuffer direct = ByteBuffer.allocateDirect(size + 5).position(5);
            direct.put(heap.duplicate()).position(5);
            batches.add(heap);
            batches.add(heap);
            log.append(heap, CommitLog.ANYWHERE).join();
            log.append(direct, CommitLog.ANYWHERE).join();
            assertThat(direct.remaining()).isEqualTo(size);
        }
        assertThat(contents(log, 0)).isEqualTo(batches);
    }

    @Test
    void aWrongExpectationIsFencedAndWritesNothing() {
        log.append(bytes(1, 10), 0).join();
        assertThat(log.append(bytes(2, 10), 0).join()).isEqualTo(new Outcome.Fenced(1));
        assertThat(log.append(bytes(2, 10), 5).join()).isEqualTo(new Outcome.Fenced(1));
        assertThat(log.end()).isEqualTo(1);
        assertThat(contents(log, 0)).hasSize(1);
    }

    @Test
    void anOversizedBatchIsRefused() {
        assertThatThrownBy(() -> log.append(ByteBuffer.allocate((64 << 20) + 1), CommitLog.ANYWHERE))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    @Test
    void appendsInFlightTakeEffectInTheOrderOfTheCalls() {
        List<CompletableFuture<Outcome>> answers = new ArrayList<>();
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            batches.add(bytes(i, 500));
            answers.add(log.append(batches.get(i), i));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).join()).isEqualTo(new Outcome.Appended(i));
        }
        assertThat(contents(log, 0)).isEqualTo(batches);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(ints = {1, 2})
    void manyWritersEachGetAPositionOfTheirOwn(int seed) throws InterruptedException {
        Map<Long, ByteBuffer> acknowledged = new ConcurrentHashMap<>();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 8; w++) {
            int writer = w;
            writers.add(Thread.ofVirtual().start(() -> {
                Random random = new Random(seed * 100L + writer);
                for (int i = 0; i < 100; i++) {
                    ByteBuffer batch = bytes(random.nextInt(), random.nextInt(20_000));
                    if (log.append(batch, CommitLog.ANYWHERE).join() instanceof Outcome.Appended(long position)) {
                        assertThat(acknowledged.put(position, batch)).isNull();
                    }
                    if (i % 20 == 0) {
                        log.read(log.start(), (position, bytes) -> {});
                    }
                }
            }));
        }
        for (Thread thread : writers) {
            thread.join();
        }
        assertThat(acknowledged).hasSize(800);
        reopen();
        assertThat(contents(log, 0)).isEqualTo(List.copyOf(new TreeMap<>(acknowledged).values()));
    }

    @Test
    void truncationForgetsTheStartAndKeepsCounting() {
        for (int i = 0; i < 100; i++) {
            log.append(bytes(i, 1000), i).join();
        }
        log.truncateBefore(50);
        assertThat(log.start()).isBetween(0L, 50L);
        assertThat(contents(log, 50)).hasSize(50);
        log.truncateBefore(100);
        assertThat(log.end()).isEqualTo(100);
        assertThat(contents(log, 100)).isEmpty();
        reopen();
        assertThat(log.end()).isEqualTo(100);
        assertThat(log.append(bytes(7, 7), 100).join()).isEqualTo(new Outcome.Appended(100));
        assertThat(contents(log, 100)).isEqualTo(List.of(bytes(7, 7)));
        log.truncateBefore(10);
        assertThat(log.end()).isEqualTo(101);
    }

    @Test
    void anInterruptedCallerDoesNoHarm() {
        log.append(bytes(1, 10), 0).join();
        Thread.currentThread().interrupt();
        CompletableFuture<Outcome> answer = log.append(bytes(2, 10), 1);
        log.read(0, (position, bytes) -> {});
        log.truncateBefore(0);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(answer.join()).isEqualTo(new Outcome.Appended(1));
        assertThat(log.append(bytes(2, 10), 2).join()).isEqualTo(new Outcome.Appended(2));
        assertThat(contents(log, 0)).hasSize(3);
    }
}
