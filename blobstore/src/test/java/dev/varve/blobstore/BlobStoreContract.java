package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.BlobStore.Draft;
import dev.varve.blobstore.BlobStore.Register;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every blob store promises. */
abstract class BlobStoreContract {
    private BlobStore store;

    /** Opens the test's store; after the first time, with what is in it. */
    abstract BlobStore open();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private void reopen() {
        store.close();
        store = open();
    }

    private void put(String name, byte[] bytes) throws IOException {
        try (Draft draft = store.create(name)) {
            draft.out().write(bytes);
            assertThat(draft.commit()).isEqualTo(bytes.length);
        }
    }

    private byte[] get(String name) throws IOException {
        try (SeekableByteChannel channel = store.open(name)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // reads on
            }
            return bytes.array();
        }
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertFails(ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void aBlobIsThereWholeAfterCommitAndNotBefore() throws IOException {
        byte[] bytes = new byte[200_000];
        new Random(1).nextBytes(bytes);
        try (Draft draft = store.create("tables/air/data/1.parquet")) {
            draft.out().write(bytes, 0, 100_000);
            assertThat(store.size("tables/air/data/1.parquet")).isEmpty();
            assertThat(store.list("")).isEmpty();
            draft.out().write(bytes, 100_000, 100_000);
            draft.commit();
        }
        assertThat(store.size("tables/air/data/1.parquet")).contains(200_000L);
        assertThat(get("tables/air/data/1.parquet")).isEqualTo(bytes);
        assertThat(Files.readAllBytes(store.localPath("tables/air/data/1.parquet")))
                .isEqualTo(bytes);
        reopen();
        assertThat(get("tables/air/data/1.parquet")).isEqualTo(bytes);
    }

    @Test
    void aDraftMayBeWrittenAsAFile() throws IOException {
        try (Draft draft = store.create("a/b")) {
            Files.write(draft.path(), new byte[] {1, 2, 3});
            assertThat(draft.commit()).isEqualTo(3);
        }
        assertThat(get("a/b")).containsExactly(1, 2, 3);
    }

    @Test
    void aDraftClosedWithoutCommitLeavesNothing() throws IOException {
        try (Draft draft = store.create("a/b")) {
            draft.out().write(7);
        }
        assertThat(store.list("")).isEmpty();
        put("a/b", new byte[] {1});
    }

    @Test
    void aNameIsGivenOnce() throws IOException {
        try (Draft late = store.create("a/b")) {
            late.out().write(1);
            put("a/b", new byte[] {2});
            assertFails(ErrorCode.CONFLICT, late::commit);
        }
        assertFails(ErrorCode.CONFLICT, () -> store.create("a/b"));
        assertThat(get("a/b")).containsExactly(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/etc/passwd",
                "a//b",
                "a/",
                "..",
                "a/../b",
                "./a",
                "a/.",
                "a\\b",
                "a\u0000b",
                "a b",
                "\u00E4"
            })
    void namesThatCouldLeaveTheStoreAreRefused(String name) {
        assertFails(ErrorCode.BAD_REQUEST, () -> store.create(name));
        assertFails(ErrorCode.BAD_REQUEST, () -> store.open(name));
        assertFails(ErrorCode.BAD_REQUEST, () -> store.delete(List.of(name)));
        assertFails(ErrorCode.BAD_REQUEST, () -> store.register(name));
        assertFails(ErrorCode.BAD_REQUEST, () -> store.compareAndSet(name, 0, text("x")));
    }

    @Test
    void namesAreListedSortedByPrefix() throws IOException {
        for (String name : List.of("b/2", "b/10", "a/1", "b-c", "b/x/y")) {
            put(name, new byte[0]);
        }
        assertThat(store.list("")).containsExactly("a/1", "b-c", "b/10", "b/2", "b/x/y");
        assertThat(store.list("b/")).containsExactly("b/10", "b/2", "b/x/y");
        assertThat(store.list("b/1")).containsExactly("b/10");
        assertThat(store.list("c/")).isEmpty();
        store.delete(List.of("b/10", "b/x/y", "b/never"));
        assertThat(store.list("b")).containsExactly("b-c", "b/2");
        assertThat(store.size("b/10")).isEmpty();
        assertFails(ErrorCode.NOT_FOUND, () -> store.open("b/10"));
        assertFails(ErrorCode.NOT_FOUND, () -> store.localPath("b/10"));
        put("b/x/y", new byte[] {1});
        reopen();
        assertThat(store.list("b/")).containsExactly("b/2", "b/x/y");
    }

    @Test
    void aRegisterChangesOnlyFromTheVersionNamed() {
        assertThat(store.register("tables/air")).isEmpty();
        assertThat(store.compareAndSet("tables/air", 5, text("x"))).isEmpty();
        long first =
                store.compareAndSet("tables/air", BlobStore.ABSENT, text("one")).orElseThrow();
        assertThat(store.compareAndSet("tables/air", BlobStore.ABSENT, text("again")))
                .isEmpty();
        long second = store.compareAndSet("tables/air", first, text("")).orElseThrow();
        assertThat(store.compareAndSet("tables/air", first, text("late"))).isEmpty();
        assertThat(store.register("tables/air")).contains(new Register(text(""), second));
        store.compareAndSet("tables/air", second, text("three"));
        reopen();
        assertThat(store.register("tables/air").map(Register::content)).contains(text("three"));
        assertThat(store.registers("tables/")).containsExactly("tables/air");
        assertThat(store.list("")).isEmpty();
    }

    @Test
    void ofConcurrentChangesEachVersionIsWonOnce() throws InterruptedException {
        AtomicInteger wins = new AtomicInteger();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            writers.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 30; i++) {
                    Register found = store.register("counter").orElse(new Register(text("0"), BlobStore.ABSENT));
                    int count = Integer.parseInt(
                            StandardCharsets.UTF_8.decode(found.content()).toString());
                    if (store.compareAndSet("counter", found.version(), text("" + (count + 1)))
                            .isPresent()) {
                        wins.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertThat(store.register("counter").map(Register::content)).contains(text("" + wins.get()));
    }

    @Test
    void anInterruptedCallerCanStillCommit() throws IOException {
        try (Draft draft = store.create("a")) {
            Thread.currentThread().interrupt();
            draft.out().write(1);
            draft.commit();
            store.compareAndSet("r", BlobStore.ABSENT, text("x"));
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(get("a")).containsExactly(1);
        assertThat(store.register("r")).isPresent();
        assertThat(store.usableBytes()).isPositive();
    }
}
