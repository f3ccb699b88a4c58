package dev.varve.blobstore.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkStoreTest {
    @TempDir
    Path folder;

    private final MemoryIndexes indexes = new MemoryIndexes();
    private final FaultyDisk disk = new FaultyDisk();

    private ChunkStoreConfig config() {
        return ChunkStoreConfig.of(folder, ChunkModel.CLUSTER, 7)
                .withSegmentBytes(4 << 10)
                .withLanes(1)
                .withReserveBytes(0);
    }

    private ChunkStore open() {
        return ChunkStore.open(config(), disk, indexes);
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static ChunkRef put(ChunkStore store, byte[] bytes) {
        try {
            return store.append(ByteBuffer.wrap(bytes), 1).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof VarveException world ? world : e;
        }
    }

    private static byte[] get(ChunkStore store, ChunkRef ref) {
        ByteBuffer into = ByteBuffer.allocate((int) ref.length());
        store.read(ref, 0, into);
        byte[] read = new byte[into.flip().remaining()];
        into.get(read);
        return read;
    }

    private static ChunkRef putFile(ChunkStore store, byte[] bytes) throws IOException {
        try (FileDraft draft = store.draft(1)) {
            draft.out().write(bytes);
            return draft.commit();
        }
    }

    private static void assertFails(ErrorCode code, ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static void scrubWhole(ChunkStore store) {
        while (!store.scrub(1 << 20).isRoundDone()) {
            // goes on
        }
    }

    private List<Path> regularFiles(String below) throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve(below))) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void flip(Path path, long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(at);
            int before = file.read();
            file.seek(at);
            file.write(before ^ 0x10);
        }
    }

    @Test
    void aDirectoryHasOneStoreAtATime() {
        try (ChunkStore first = open()) {
            assertThatThrownBy(this::open).hasMessageContaining("in use");
            put(first, new byte[10]);
        }
        open().close();
    }

    @Test
    void anotherNodesDiskIsRefused() {
        try (ChunkStore store = open()) {
            put(store, new byte[10]);
        }
        assertFails(ErrorCode.STORAGE, () -> ChunkStore.open(ChunkStoreConfig.of(folder, ChunkModel.CLUSTER, 8), disk));
        assertFails(ErrorCode.STORAGE, () -> ChunkStore.open(ChunkStoreConfig.of(folder, new UUID(3, 4), 7), disk));
    }

    @Test
    void dataWithoutIdentityIsRefused() throws IOException {
        ChunkRef ref;
        DiskIdentity identity;
        try (ChunkStore store = open()) {
            identity = store.identity();
            ref = put(store, bytes(1, 10));
        }
        byte[] file = Files.readAllBytes(folder.resolve("IDENTITY"));
        Files.delete(folder.resolve("IDENTITY"));
        assertThatThrownBy(this::open).hasMessageContaining("IDENTITY is missing");
        Files.write(folder.resolve("IDENTITY"), Arrays.copyOf(file, file.length - 1));
        assertFails(ErrorCode.CORRUPT, this::open);
        Files.write(folder.resolve("IDENTITY"), file);
        try (ChunkStore store = open()) {
            assertThat(store.identity()).isEqualTo(identity);
            assertThat(get(store, ref)).isEqualTo(bytes(1, 10));
        }
    }

    @Test
    void noIdIsGivenTwiceAlsoWhereTheBootCounterIsLost() throws IOException {
        List<ChunkId> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            try (ChunkStore store = open()) {
                ids.add(put(store, new byte[i]).id());
            }
            if (i % 2 == 1) {
                Files.delete(folder.resolve("BOOT"));
            }
        }
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(ids).allSatisfy(id -> {
            assertThat(id.node()).isEqualTo(7);
            assertThat(id.group()).isBetween(0, ChunkStore.GROUPS - 1);
            assertThat(ChunkId.parse(id.toString())).isEqualTo(id);
        });
    }

    @Test
    void waitingChunksShareAnFsync() {
        try (ChunkStore store = open()) {
            put(store, new byte[1]);
            disk.holdForces();
            List<CompletableFuture<ChunkRef>> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                waiting.add(store.append(ByteBuffer.wrap(bytes(i, 20)), 0));
            }
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            disk.releaseForces();
            for (int i = 0; i < 20; i++) {
                assertThat(get(store, waiting.get(i).join())).isEqualTo(bytes(i, 20));
            }
            assertThat(store.status().fsyncs()).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void theReserveIsKeptForDeletes() throws IOException {
        ChunkStoreConfig config = config().withReserveBytes(1000);
        try (ChunkStore store = ChunkStore.open(config, disk, indexes)) {
            ChunkRef old = put(store, bytes(1, 500));
            disk.setFreeBytes(1500);
            assertThat(store.usableBytes()).isEqualTo(500);
            assertFails(ErrorCode.DISK_FULL, () -> put(store, new byte[600]));
            assertThatThrownBy(() -> putFile(store, new byte[600])).hasMessageContaining("kept for deletes");
            ChunkRef fits = put(store, bytes(2, 300));
            assertFails(ErrorCode.DISK_FULL, () -> put(store, new byte[300]));
            assertThat(get(store, old)).isEqualTo(bytes(1, 500));
            disk.setFreeBytes(400);
            assertThat(store.usableBytes()).isZero();
            assertFails(ErrorCode.DISK_FULL, () -> put(store, new byte[1]));
            assertThat(store.delete(old.id())).isTrue();
            disk.setFreeBytes(Long.MAX_VALUE);
            ChunkRef after = put(store, bytes(3, 600));
            assertThat(get(store, after)).isEqualTo(bytes(3, 600));
            assertThat(get(store, fits)).isEqualTo(bytes(2, 300));
            assertFails(ErrorCode.CORRUPT, () -> get(store, old));
        }
    }

    @Test
    void afterAFailedFsyncAnotherSegmentIsWritten() {
        try (ChunkStore store = open()) {
            ChunkRef before = put(store, bytes(1, 100));
            disk.failForces();
            assertFails(ErrorCode.STORAGE, () -> put(store, bytes(2, 100)));
            assertFails(ErrorCode.STORAGE, () -> store.delete(before.id()));
            disk.mendForces();
            ChunkRef after = put(store, bytes(3, 100));
            assertThat(get(store, before)).isEqualTo(bytes(1, 100));
            assertThat(get(store, after)).isEqualTo(bytes(3, 100));
            assertThat(store.status().segments()).isEqualTo(2);
        }
    }

    @Test
    void aRangeIsReadWithTheBlocksItTouches() throws IOException {
        byte[] bytes = bytes(1, 5 * Blocks.BYTES + 17);
        ChunkRef ref;
        ChunkRef file;
        try (ChunkStore store = open()) {
            ref = put(store, bytes);
            file = putFile(store, bytes);
        }
        // Their names begin with the group, which is any in the first run.
        Path largest = Collections.max(
                regularFiles(ChunkStore.SEGMENTS),
                Comparator.comparingLong(path -> path.toFile().length()));
        flip(largest, 3 * Blocks.BYTES + 1000);
        flip(folder.resolve(regularFiles(ChunkStore.FILES).get(1)), 3 * Blocks.BYTES + 1000);
        try (ChunkStore store = open()) {
            for (ChunkRef one : List.of(ref, file)) {
                for (boolean isDirect : new boolean[] {true, false}) {
                    int length = 2 * Blocks.BYTES + 17;
                    ByteBuffer into = isDirect ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
                    store.read(one, 0, into.limit(length - 20));
                    assertThat(into.flip()).isEqualTo(ByteBuffer.wrap(bytes, 0, length - 20));
                    into.clear();
                    store.read(one, bytes.length - Blocks.BYTES - 17, into.limit(Blocks.BYTES + 17));
                    assertThat(into.flip())
                            .isEqualTo(ByteBuffer.wrap(bytes, bytes.length - Blocks.BYTES - 17, Blocks.BYTES + 17));
                    into.clear();
                    assertFails(ErrorCode.CORRUPT, () -> store.read(one, 2 * Blocks.BYTES, into));
                    assertThat(into.position()).isZero();
                }
            }
            assertFails(ErrorCode.CORRUPT, () -> store.file(file));
            assertThat(store.damage())
                    .hasSize(2)
                    .allSatisfy(damage -> assertThat(damage.chunk()).isIn(ref.id(), file.id()));
            assertThat(store.status().damagedSegments()).isEqualTo(1);
            store.delete(List.of(ref.id(), file.id()));
            assertThat(store.damage()).isEmpty();
        }
    }

    @Test
    void aReferenceMustFitTheChunk() {
        try (ChunkStore store = open()) {
            ChunkRef ref = put(store, bytes(1, 100));
            assertFails(ErrorCode.CORRUPT, () -> get(store, new ChunkRef(ref.id(), 100, ref.crc32c() + 1)));
            assertFails(ErrorCode.CORRUPT, () -> get(store, new ChunkRef(ref.id(), 99, ref.crc32c())));
            assertThatThrownBy(() -> store.read(ref, 1, ByteBuffer.allocate(100)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.append(ByteBuffer.allocate(ChunkStore.MAX_CHUNK_BYTES + 1), 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(get(store, put(store, bytes(2, ChunkStore.MAX_CHUNK_BYTES))))
                    .isEqualTo(bytes(2, ChunkStore.MAX_CHUNK_BYTES));
        }
    }

    @Test
    void everyFlippedByteIsFoundByTheScrubber() throws IOException {
        try (ChunkStore store = open()) {
            put(store, bytes(1, 20));
            store.delete(put(store, bytes(2, 10)).id());
            putFile(store, bytes(3, 15));
        }
        List<Path> files = new ArrayList<>(regularFiles(ChunkStore.SEGMENTS));
        files.addAll(regularFiles(ChunkStore.FILES));
        assertThat(files).hasSize(3);
        for (Path file : files) {
            long size = Files.size(file);
            for (long at = 0; at < size; at += 1 + at % 2) {
                flip(file, at);
                try (ChunkStore store = ChunkStore.open(config(), disk, indexes.copy())) {
                    scrubWhole(store);
                    assertThat(store.damage()).as("%s at %d", file, at).isNotEmpty();
                }
                flip(file, at);
            }
        }
        try (ChunkStore store = open()) {
            scrubWhole(store);
            assertThat(store.damage()).isEmpty();
        }
    }

    @Test
    void aMissingSegmentIsReportedAndTheRestIsServed() throws IOException {
        List<ChunkRef> refs = new ArrayList<>();
        try (ChunkStore store = open()) {
            for (int i = 0; i < 20; i++) {
                refs.add(put(store, bytes(i, 1000)));
            }
        }
        Path gone = regularFiles(ChunkStore.SEGMENTS).get(1);
        Files.delete(gone);
        try (ChunkStore store = open()) {
            assertThat(store.damage())
                    .singleElement()
                    .satisfies(damage -> assertThat(damage.file())
                            .endsWith(gone.getFileName().toString()));
            int unreadable = 0;
            for (int i = 0; i < 20; i++) {
                try {
                    assertThat(get(store, refs.get(i))).isEqualTo(bytes(i, 1000));
                } catch (VarveException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
                    unreadable++;
                }
            }
            assertThat(unreadable).isBetween(1, 5);
        }
    }

    @Test
    void onAFullDiskTheSegmentBeingWrittenGivesSpaceBackToo() {
        try (ChunkStore store = ChunkStore.open(config().withSegmentBytes(1 << 20), disk, indexes)) {
            ChunkRef kept = put(store, bytes(1, 500));
            ChunkRef unwanted = put(store, bytes(2, 5000));
            store.delete(unwanted.id());
            assertThat(store.compactOnce()).isFalse();
            disk.setFreeBytes(100_000);
            assertThat(store.compactOnce()).isTrue();
            assertThat(store.compactOnce()).isFalse();
            assertThat(store.status().deadBytes()).isLessThan(500);
            assertThat(get(store, kept)).isEqualTo(bytes(1, 500));
            ChunkRef after = put(store, bytes(3, 700));
            assertThat(get(store, after)).isEqualTo(bytes(3, 700));
        }
    }

    @Test
    void anIndexBuiltAgainIsTheSame() throws IOException {
        try (ChunkStore store = open()) {
            List<ChunkRef> refs = new ArrayList<>();
            Random random = new Random(1);
            for (int i = 0; i < 300; i++) {
                refs.add(i % 10 == 0 ? putFile(store, bytes(i, i)) : put(store, bytes(i, random.nextInt(900))));
                if (i % 3 == 0) {
                    store.delete(refs.remove(random.nextInt(refs.size())).id());
                }
                if (i % 20 == 0) {
                    store.compactOnce();
                }
            }
        }
        Map<ChunkId, ChunkRow> before = indexes.chunks();
        assertThat(before).hasSize(200);
        indexes.forget();
        try (ChunkStore store = open()) {
            assertThat(store.status().chunks()).isEqualTo(200);
        }
        assertThat(indexes.chunks()).isEqualTo(before);
        String contents = indexes.contents();
        indexes.forget();
        open().close();
        assertThat(indexes.contents()).isEqualTo(contents);
    }

    @Test
    void aDamagedIndexIsBuiltAgain() throws IOException {
        List<ChunkRef> refs = new ArrayList<>();
        for (int round = 0; round < 6; round++) {
            try (ChunkStore store = ChunkStore.open(config())) {
                assertThat(store.status().chunks()).isEqualTo(refs.size());
                for (int i = 0; i < refs.size(); i++) {
                    assertThat(get(store, refs.get(i))).isEqualTo(bytes(i, 100));
                }
                refs.add(put(store, bytes(refs.size(), 100)));
            }
            for (Path file : regularFiles(ChunkStore.INDEX)) {
                String name = String.valueOf(file.getFileName());
                boolean isHit = switch (round) {
                    case 0 -> name.equals("CURRENT");
                    case 1 -> name.startsWith("MANIFEST");
                    case 2 -> name.endsWith(".sst");
                    default -> false;
                };
                if (isHit) {
                    flip(file, Files.size(file) / 2);
                } else if (round == 3 || (round == 4 && name.endsWith(".sst"))) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void compactionGivesSpaceBackAndForgetsNothing() {
        List<ChunkRef> refs = new ArrayList<>();
        try (ChunkStore store = open()) {
            for (int i = 0; i < 100; i++) {
                refs.add(put(store, bytes(i, 500)));
            }
            for (int i = 0; i < 100; i++) {
                if (i % 4 != 0) {
                    store.delete(refs.get(i).id());
                }
            }
            ChunkStoreStatus before = store.status();
            while (store.compactOnce()) {
                // goes on
            }
            ChunkStoreStatus after = store.status();
            assertThat(after.compactions()).isGreaterThan(5);
            assertThat(after.deadBytes()).isLessThan(before.deadBytes() / 2);
            assertThat(after.liveBytes()).isEqualTo(before.liveBytes());
        }
        indexes.forget();
        try (ChunkStore store = open()) {
            for (int i = 0; i < 100; i++) {
                assertThat(store.contains(refs.get(i).id())).isEqualTo(i % 4 == 0);
            }
            for (int i = 0; i < 100; i += 4) {
                assertThat(get(store, refs.get(i))).isEqualTo(bytes(i, 500));
            }
        }
    }

    @Test
    void interruptsHarmNobody() throws InterruptedException, IOException {
        try (ChunkStore store = ChunkStore.open(config(), Disk.REAL, indexes)) {
            byte[] bytes = bytes(1, 200_000);
            ChunkRef ref = put(store, bytes);
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            AtomicBoolean isOver = new AtomicBoolean();
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(Thread.ofPlatform().start(() -> {
                    try {
                        while (!isOver.get()) {
                            assertThat(get(store, ref)).isEqualTo(bytes);
                        }
                    } catch (RuntimeException | Error e) {
                        failure.set(e);
                    }
                }));
            }
            for (int i = 0; i < 200; i++) {
                readers.get(i % 4).interrupt();
                Thread.onSpinWait();
            }
            Thread.currentThread().interrupt();
            ChunkRef file = putFile(store, bytes);
            assertThat(get(store, file)).isEqualTo(bytes);
            store.file(file);
            assertThat(store.delete(file.id())).isTrue();
            store.scrub();
            assertThat(Thread.interrupted()).isTrue();
            isOver.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
            assertThat(failure.get()).isNull();
        }
    }

    @Test
    void manyAtOnceDisturbNobody() throws InterruptedException {
        try (ChunkStore store = ChunkStore.open(config().withLanes(3), disk, indexes)) {
            Map<ChunkRef, byte[]> kept = new ConcurrentHashMap<>();
            Map<ChunkId, Boolean> gone = new ConcurrentHashMap<>();
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            AtomicBoolean isOver = new AtomicBoolean();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        workOn(store, new Random(seed), kept, gone);
                    } catch (RuntimeException | IOException | Error e) {
                        failure.set(e);
                    }
                }));
            }
            Thread maintenance = Thread.ofVirtual().start(() -> {
                while (!isOver.get()) {
                    store.compactOnce();
                    store.scrub(1 << 16);
                }
            });
            for (Thread thread : threads) {
                thread.join();
            }
            isOver.set(true);
            maintenance.join();
            assertThat(failure.get()).isNull();
            assertThat(store.damage()).isEmpty();
            kept.forEach((ref, bytes) -> assertThat(get(store, ref)).isEqualTo(bytes));
            assertThat(store.status().chunks()).isEqualTo(kept.size());
            store.inventory(Long.MAX_VALUE, id -> assertThat(gone).doesNotContainKey(id));
        }
        indexes.forget();
        try (ChunkStore store = open()) {
            assertThat(store.damage()).isEmpty();
        }
    }

    private static void workOn(ChunkStore store, Random random, Map<ChunkRef, byte[]> kept, Map<ChunkId, Boolean> gone)
            throws IOException {
        List<ChunkRef> own = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] bytes = bytes(random.nextInt(), random.nextInt(1500));
            ChunkRef ref = random.nextInt(10) == 0 ? putFile(store, bytes) : put(store, bytes);
            kept.put(ref, bytes);
            own.add(ref);
            ChunkRef one = own.get(random.nextInt(own.size()));
            assertThat(get(store, one)).isEqualTo(kept.get(one));
            if (random.nextInt(5) < 3) {
                own.remove(one);
                kept.remove(one);
                assertThat(store.delete(one.id())).isTrue();
                gone.put(one.id(), true);
            }
        }
    }

    @Test
    void scrubbingGoesOnWhereItEnded() {
        try (ChunkStore store = open()) {
            for (int i = 0; i < 50; i++) {
                put(store, bytes(i, 1000));
            }
        }
        int steps = 0;
        boolean isDone = false;
        while (!isDone) {
            try (ChunkStore store = open()) {
                isDone = store.scrub(5000).isRoundDone();
                steps++;
            }
        }
        assertThat(steps).isBetween(8, 12);
    }

    private static ChunkId foreignId(long counter) {
        return ChunkId.of(5, 9, 1, counter);
    }

    private static ChunkRef putAs(ChunkStore store, ChunkId id, byte[] bytes) {
        try {
            return store.put(id, ByteBuffer.wrap(bytes), 3).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof VarveException world ? world : e;
        }
    }

    @Test
    void aChunkOfAnotherNodeIsKeptOnce() {
        try (ChunkStore store = open()) {
            ChunkRef ref = putAs(store, foreignId(1), bytes(1, 100));
            long live = store.status().liveBytes();
            assertThat(putAs(store, foreignId(1), bytes(1, 100))).isEqualTo(ref);
            List<CompletableFuture<ChunkRef>> many = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                many.add(store.put(foreignId(2), ByteBuffer.wrap(bytes(2, 100)), 3));
            }
            many.forEach(CompletableFuture::join);
            assertThat(store.status().chunks()).isEqualTo(2);
            assertThat(store.status().liveBytes()).isEqualTo(2 * live);
            assertFails(ErrorCode.CORRUPT, () -> putAs(store, foreignId(1), bytes(3, 100)));
            assertThat(get(store, ref)).isEqualTo(bytes(1, 100));
            assertThat(store.find(foreignId(1))).contains(new StoredChunk(ref, 3, false));
            assertThat(store.newId(7).group()).isEqualTo(7);
        }
    }

    @Test
    void aDamagedChunkIsReplacedByOneThatComesAgain() throws IOException {
        ChunkRef ref;
        try (ChunkStore store = open()) {
            ref = putAs(store, foreignId(1), bytes(1, 1000));
        }
        flip(regularFiles(ChunkStore.SEGMENTS).getFirst(), 500);
        for (boolean hasIndex : new boolean[] {true, false}) {
            if (!hasIndex) {
                indexes.forget();
            }
            try (ChunkStore store = open()) {
                if (hasIndex) {
                    assertFails(ErrorCode.CORRUPT, () -> get(store, ref));
                    assertThat(putAs(store, ref.id(), bytes(1, 1000))).isEqualTo(ref);
                }
                assertThat(get(store, ref)).isEqualTo(bytes(1, 1000));
            }
        }
        Path segment = regularFiles(ChunkStore.SEGMENTS).get(1);
        try (ChunkStore store = open()) {
            Files.delete(segment);
            assertThat(putAs(store, ref.id(), bytes(1, 1000))).isEqualTo(ref);
            assertThat(get(store, ref)).isEqualTo(bytes(1, 1000));
        }
    }

    @Test
    void aChunkThatWasDeletedMayComeAgain() throws IOException {
        ChunkId id = foreignId(1);
        ChunkId fileId = foreignId(2);
        ChunkRef ref;
        ChunkRef file = new ChunkRef(fileId, 1000, Blocks.crc(ByteBuffer.wrap(bytes(2, 1000))));
        try (ChunkStore store = open()) {
            for (int i = 0; i < 3; i++) {
                putAs(store, id, bytes(1, 1000));
                putFileAs(store, file, bytes(2, 1000));
                store.delete(List.of(id, fileId));
            }
            assertThat(store.contains(id)).isFalse();
            assertThat(regularFiles(ChunkStore.FILES)).isEmpty();
            ref = putAs(store, id, bytes(1, 1000));
            putFileAs(store, file, bytes(2, 1000));
        }
        for (int i = 0; i < 2; i++) {
            indexes.forget();
            try (ChunkStore store = open()) {
                assertThat(get(store, ref)).isEqualTo(bytes(1, 1000));
                assertThat(store.file(file)).hasBinaryContent(bytes(2, 1000));
                while (store.compactOnce()) {
                    // goes on
                }
            }
        }
        try (ChunkStore store = open()) {
            store.delete(List.of(id, fileId));
        }
        indexes.forget();
        try (ChunkStore store = open()) {
            assertThat(store.contains(id)).isFalse();
            assertThat(store.contains(fileId)).isFalse();
        }
    }

    private static void putFileAs(ChunkStore store, ChunkRef ref, byte[] bytes) throws IOException {
        try (FileDraft draft = store.draft(ref.id(), 3)) {
            draft.out().write(bytes);
            assertThat(draft.commit(ref)).isEqualTo(ref);
        }
    }

    @Test
    void aFileThatComesWithOtherBytesIsRefused() throws IOException {
        ChunkRef file = new ChunkRef(foreignId(2), 1000, Blocks.crc(ByteBuffer.wrap(bytes(2, 1000))));
        try (ChunkStore store = open()) {
            assertFails(ErrorCode.CORRUPT, () -> putFileAs(store, file, bytes(3, 1000)));
            assertThat(store.find(file.id())).isEmpty();
            assertThat(regularFiles("drafts")).isEmpty();
            putFileAs(store, file, bytes(2, 1000));
            putFileAs(store, file, bytes(2, 1000));
            flip(store.file(file), 17);
            putFileAs(store, file, bytes(2, 1000));
            assertThat(get(store, file)).isEqualTo(bytes(2, 1000));
            Files.delete(store.file(file));
            putFileAs(store, file, bytes(2, 1000));
            assertThat(get(store, file)).isEqualTo(bytes(2, 1000));
            assertThat(regularFiles("drafts")).isEmpty();
        }
    }

    @Test
    void aDamagedSegmentGoesWhenAllInItIsElsewhere() throws IOException {
        ChunkRef bad;
        ChunkRef own;
        ChunkRef file;
        try (ChunkStore store = open()) {
            bad = putAs(store, foreignId(1), bytes(1, 1000));
            own = put(store, bytes(2, 1000));
            file = putFile(store, bytes(3, 1000));
        }
        List<Path> before = regularFiles(ChunkStore.SEGMENTS);
        assertThat(before).hasSize(1);
        flip(before.getFirst(), 500);
        try (ChunkStore store = open()) {
            assertThat(store.evacuateDamaged(1 << 20)).isZero();
            assertFails(ErrorCode.CORRUPT, () -> get(store, bad));
            assertThat(store.evacuateDamaged(1 << 20)).isEqualTo(2);
            assertThat(store.compactOnce()).isFalse();
            assertThat(store.damage()).isNotEmpty();
            putAs(store, bad.id(), bytes(1, 1000));
            assertThat(store.evacuateDamaged(1 << 20)).isZero();
            assertThat(store.compactOnce()).isTrue();
            assertThat(store.damage()).isEmpty();
            assertThat(before.getFirst()).doesNotExist();
            scrubWhole(store);
            assertThat(store.damage()).isEmpty();
            assertThat(store.find(own.id()).orElseThrow().birth()).isEqualTo(1);
        }
        for (int i = 0; i < 2; i++) {
            try (ChunkStore store = open()) {
                assertThat(get(store, bad)).isEqualTo(bytes(1, 1000));
                assertThat(get(store, own)).isEqualTo(bytes(2, 1000));
                assertThat(store.file(file)).hasBinaryContent(bytes(3, 1000));
                assertThat(store.status().chunks()).isEqualTo(3);
                assertThat(store.status().damagedSegments()).isZero();
            }
            indexes.forget();
        }
    }
}
