package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads on the same keys of the local store. */
final class ObjectRacesTest {
    private static final String BUCKET = "races";
    private static final int THREADS = 16;

    @TempDir
    Path directory;

    private ChunkObjectStore store;

    @BeforeEach
    void open() {
        store = LocalObjectStore.open(
                directory.resolve("store"),
                ObjectStoreConfig.DEFAULT.withInlineBytes(64).withGrace(Duration.ZERO),
                InstantSource.system());
        store.createBucket(BUCKET, "ada", BucketSettings.DEFAULT);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static ObjectWrite write(String key) {
        return ObjectWrite.of(BUCKET, ObjectKey.of(key), "ada");
    }

    private StoredObject put(ObjectWrite write, String content) {
        return store.put(write, ObjectStoreContract.body(content.getBytes(StandardCharsets.UTF_8)));
    }

    /** Runs threads that begin together, and fails if one of them does. */
    private static void race(int threads, IntConsumer work) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(1);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int number = i;
            running.add(Thread.ofPlatform().start(() -> {
                try {
                    start.await();
                    work.accept(number);
                } catch (InterruptedException | RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            }));
        }
        start.countDown();
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void ofManyCreatorsOfAKeyOneWins() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            ObjectWrite write = write("key" + round).withCondition(Condition.noneMatches(Condition.ANY));
            AtomicInteger winner = new AtomicInteger(-1);
            AtomicInteger losers = new AtomicInteger();
            race(THREADS, thread -> {
                try {
                    put(write, content(thread));
                    assertThat(winner.compareAndSet(-1, thread)).isTrue();
                } catch (ObjectException e) {
                    assertThat(e.problem()).isEqualTo(ObjectProblem.PRECONDITION_FAILED);
                    losers.incrementAndGet();
                }
            });
            assertThat(losers).hasValue(THREADS - 1);
            StoredObject found =
                    store.find(BUCKET, write.key(), Optional.empty()).orElseThrow();
            assertThat(text(found)).isEqualTo(content(winner.get()));
        }
    }

    private static String content(int number) {
        return number + "-".repeat(number % 2 == 0 ? 10 : 1000);
    }

    private String text(StoredObject object) {
        return new String(ObjectStoreContract.get(store, BUCKET, object), StandardCharsets.UTF_8);
    }

    /**
     * An operation on a key, with the sequence that it wrote or saw.
     *
     * @param begin before the call
     * @param end after its return
     */
    private record Event(long begin, long end, long sequence, boolean isWrite, String content) {}

    /**
     * Sequences are an order of all writes of a key. If it agrees with the order in which calls followed each other, and
     * every read gives what was written under the sequence it saw, the key is linearizable.
     */
    @Test
    void aKeyIsLinearizable() throws InterruptedException {
        List<String> keys = List.of("a", "b", "c");
        Map<String, ConcurrentLinkedQueue<Event>> events = new HashMap<>();
        keys.forEach(key -> events.put(key, new ConcurrentLinkedQueue<>()));
        keys.forEach(key -> put(write(key), "first"));
        AtomicInteger unique = new AtomicInteger();
        race(THREADS, thread -> {
            for (int i = 0; i < 100; i++) {
                String key = keys.get(ThreadLocalRandom.current().nextInt(keys.size()));
                Event event = operate(key, unique);
                if (event != null) {
                    Objects.requireNonNull(events.get(key)).add(event);
                }
            }
        });
        for (String key : keys) {
            checkOrder(List.copyOf(Objects.requireNonNull(events.get(key))));
        }
    }

    private @Nullable Event operate(String key, AtomicInteger unique) {
        long begin = System.nanoTime();
        StoredObject found =
                store.find(BUCKET, ObjectKey.of(key), Optional.empty()).orElseThrow();
        long end = System.nanoTime();
        if (ThreadLocalRandom.current().nextInt(3) == 0) {
            try {
                String content = text(found);
                return new Event(begin, end, found.sequence(), false, content);
            } catch (ObjectException e) {
                // It was replaced before it was opened.
                assertThat(e.problem()).isEqualTo(ObjectProblem.NO_SUCH_VERSION);
                return null;
            }
        }
        String content = content(unique.incrementAndGet());
        boolean isConditional = ThreadLocalRandom.current().nextBoolean();
        Condition condition = isConditional ? Condition.sequence(found.sequence()) : Condition.NONE;
        long call = System.nanoTime();
        try {
            StoredObject put = put(write(key).withCondition(condition), content);
            return new Event(call, System.nanoTime(), put.sequence(), true, content);
        } catch (ObjectException e) {
            assertThat(e.problem()).isEqualTo(ObjectProblem.PRECONDITION_FAILED);
            return null;
        }
    }

    private static void checkOrder(List<Event> events) {
        Map<Long, String> written = new HashMap<>();
        for (Event event : events) {
            if (event.isWrite()) {
                assertThat(written.put(event.sequence(), event.content())).isNull();
            }
        }
        List<Event> byEnd =
                events.stream().sorted(Comparator.comparingLong(Event::end)).toList();
        List<Event> byBegin =
                events.stream().sorted(Comparator.comparingLong(Event::begin)).toList();
        long seen = 0;
        int ended = 0;
        for (Event event : byBegin) {
            while (byEnd.get(ended).end() < event.begin()) {
                seen = Math.max(seen, byEnd.get(ended).sequence());
                ended++;
            }
            if (event.isWrite()) {
                assertThat(event.sequence()).isGreaterThan(seen);
            } else {
                assertThat(event.sequence()).isGreaterThanOrEqualTo(seen);
                assertThat(event.content()).isEqualTo(written.getOrDefault(event.sequence(), "first"));
            }
        }
    }

    @Test
    void aTransferIsSeenWholeOrNotAtAll() throws InterruptedException {
        int accounts = 4;
        for (int i = 0; i < accounts; i++) {
            put(write("account" + i), "100");
        }
        race(8, thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < 40; i++) {
                transfer(random.nextInt(accounts), random.nextInt(accounts), random.nextInt(20));
            }
        });
        int sum = 0;
        for (int i = 0; i < accounts; i++) {
            sum += Integer.parseInt(text(store.find(BUCKET, ObjectKey.of("account" + i), Optional.empty())
                    .orElseThrow()));
        }
        assertThat(sum).isEqualTo(100 * accounts);
    }

    private void transfer(int from, int to, int amount) {
        if (from == to) {
            return;
        }
        try (DraftOf source = add("account" + from, -amount);
                DraftOf target = add("account" + to, amount)) {
            store.change(BUCKET, List.of(new Change.Put(source.draft), new Change.Put(target.draft)));
        } catch (ObjectException e) {
            assertThat(e.problem()).isIn(ObjectProblem.PRECONDITION_FAILED, ObjectProblem.NO_SUCH_VERSION);
        }
    }

    private record DraftOf(ObjectDraft draft) implements AutoCloseable {
        @Override
        public void close() {
            draft.close();
        }
    }

    private DraftOf add(String account, int amount) {
        StoredObject found =
                store.find(BUCKET, ObjectKey.of(account), Optional.empty()).orElseThrow();
        String content = "" + (Integer.parseInt(text(found)) + amount);
        ObjectDraft draft = store.draft(write(account).withCondition(Condition.sequence(found.sequence())));
        try {
            draft.out().write(content.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DraftOf(draft);
    }

    @Test
    void readersKeepTheirBytesWhileGarbageIsCollected() throws InterruptedException {
        AtomicBoolean isOver = new AtomicBoolean();
        put(write("hot"), content(1));
        race(6, thread -> {
            if (thread == 0) {
                for (int i = 0; i < 150; i++) {
                    store.maintenance().emptyTrash();
                    if (i % 10 == 0) {
                        store.maintenance().collectOrphans();
                    }
                }
                isOver.set(true);
                return;
            }
            int number = thread;
            while (!isOver.get()) {
                if (thread < 3) {
                    number += 2;
                    put(write("hot"), content(number | 1));
                    continue;
                }
                StoredObject found = store.find(BUCKET, ObjectKey.of("hot"), Optional.empty())
                        .orElseThrow();
                try {
                    assertThat(text(found)).matches("[0-9]+-{1000}");
                } catch (ObjectException e) {
                    assertThat(e.problem()).isEqualTo(ObjectProblem.NO_SUCH_VERSION);
                }
            }
        });
        assertThat(store.maintenance().status().damages()).isEmpty();
    }

    @Test
    void noChangeOfSettingsIsLost() throws InterruptedException {
        race(
                THREADS,
                thread -> store.changeBucket(BUCKET, settings -> {
                    Map<String, String> tags = new HashMap<>(settings.tags());
                    tags.put("thread" + thread, "was here");
                    return settings.withTags(tags);
                }));
        assertThat(store.bucket(BUCKET).orElseThrow().settings().tags()).hasSize(THREADS);
    }
}
