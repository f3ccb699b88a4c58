package dev.varve.blobstore.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A store and a map that must agree, driven by chance; one seed is one story. */
final class ChunkModel {
    static final UUID CLUSTER = new UUID(1, 2);
    private static final int NODE = 7;

    private final Random random;
    private final Path directory;
    private final ChunkStoreConfig config;
    private final IndexOpener indexes;

    /** Acknowledged and not deleted. */
    private final TreeMap<ChunkId, Known> known = new TreeMap<>();

    /** Deletion acknowledged: must never come back. */
    private final Set<ChunkId> deleted = new HashSet<>();

    /** Deletion failed: there or not. */
    private final Set<ChunkId> uncertain = new HashSet<>();

    private final Set<ChunkId> everGiven = new HashSet<>();

    /** Chunks under ids that were not the store's own idea, whatever became of them. */
    private final Map<ChunkId, Known> foreign = new TreeMap<>();

    private FaultyDisk disk = new FaultyDisk();
    private ChunkStore store;

    private record Known(ChunkRef ref, ByteBuffer content, boolean isFile, long birth) {
        byte[] bytes() {
            byte[] bytes = new byte[content.remaining()];
            content.duplicate().get(bytes);
            return bytes;
        }
    }

    ChunkModel(Random random, Path directory, IndexOpener indexes) {
        this.random = random;
        this.directory = directory;
        this.indexes = indexes;
        this.config = ChunkStoreConfig.of(directory, CLUSTER, NODE)
                .withSegmentBytes(1L << random.nextInt(9, 19))
                .withLanes(random.nextInt(1, 4))
                .withReserveBytes(0);
        this.store = open();
    }

    private ChunkStore open() {
        return ChunkStore.open(config, disk, indexes);
    }

    ChunkStore store() {
        return store;
    }

    Path directory() {
        return directory;
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
        }
    }

    private void step() {
        switch (random.nextInt(27)) {
            case 0, 1, 2, 3, 4, 5 -> put(random.nextInt(1, 8));
            case 6, 7 -> draft();
            case 8, 9 -> delete(1);
            case 10 -> delete(random.nextInt(1, 20));
            case 11, 12, 13 -> readSome();
            case 14 -> store.compactOnce();
            case 15 -> scrubSome();
            case 16 -> reopen();
            case 17, 18 -> crash();
            case 19 -> failForces();
            case 20 -> fillDisk();
            case 21, 22, 23 -> putForeign(random.nextInt(1, 8));
            case 24 -> draftForeign();
            case 25 -> putOther();
            case 26 -> replaceDamaged();
            default -> throw new AssertionError();
        }
    }

    private byte[] bytes() {
        int most = random.nextInt(10) == 0 ? 3 * Blocks.BYTES : 1 << random.nextInt(2, 12);
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        return bytes;
    }

    private ByteBuffer buffer(byte[] bytes) {
        ByteBuffer buffer = random.nextBoolean()
                ? ByteBuffer.allocateDirect(bytes.length + 3).position(3)
                : ByteBuffer.allocate(bytes.length);
        return buffer.put(bytes).position(buffer.position() - bytes.length);
    }

    private void put(int count) {
        Map<CompletableFuture<ChunkRef>, byte[]> waiting = new LinkedHashMap<>();
        long birth = random.nextInt(100);
        for (int i = 0; i < count; i++) {
            byte[] bytes = bytes();
            waiting.put(store.append(buffer(bytes), birth), bytes);
        }
        waiting.forEach((future, bytes) -> {
            try {
                acknowledged(future.join(), bytes, false, birth);
            } catch (CompletionException e) {
                expected(e.getCause());
            }
        });
    }

    private void acknowledged(ChunkRef ref, byte[] bytes, boolean isFile, long birth) {
        assertThat(everGiven.add(ref.id())).as("id %s is new", ref.id()).isTrue();
        assertThat(ref.length()).isEqualTo(bytes.length);
        known.put(ref.id(), new Known(ref, ByteBuffer.wrap(bytes), isFile, birth));
    }

    /** Chunks of other nodes: new ones, some that are there, some that were deleted. */
    private void putForeign(int count) {
        // The same one may come several times at once.
        Map<CompletableFuture<ChunkRef>, Known> waiting = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            Known chunk = foreign(false);
            waiting.put(store.put(chunk.ref.id(), buffer(chunk.bytes()), chunk.birth), chunk);
        }
        waiting.forEach((future, chunk) -> {
            try {
                assertThat(future.join()).isEqualTo(chunk.ref);
                isBack(chunk);
            } catch (CompletionException e) {
                expected(e.getCause());
            }
        });
    }

    private Known foreign(boolean isFile) {
        List<Known> before = foreign.values().stream()
                .filter(chunk -> chunk.isFile == isFile)
                .toList();
        if (!before.isEmpty() && random.nextInt(3) == 0) {
            Known again = before.get(random.nextInt(before.size()));
            if (!known.containsKey(again.ref.id())) {
                deleted.remove(again.ref.id());
                uncertain.add(again.ref.id());
            }
            return again;
        }
        int group = random.nextInt(ChunkStore.GROUPS);
        ChunkId id = random.nextInt(4) == 0
                ? store.newId(group)
                : ChunkId.of(group, random.nextInt(8, 10), random.nextInt(1, 4), random.nextLong());
        byte[] bytes = bytes();
        ChunkRef ref = new ChunkRef(id, bytes.length, Blocks.crc(ByteBuffer.wrap(bytes)));
        Known chunk = new Known(ref, ByteBuffer.wrap(bytes), isFile, random.nextInt(-5, 100));
        foreign.put(id, chunk);
        uncertain.add(id);
        return chunk;
    }

    private void isBack(Known chunk) {
        uncertain.remove(chunk.ref.id());
        known.put(chunk.ref.id(), chunk);
        everGiven.add(chunk.ref.id());
    }

    private void draftForeign() {
        Known chunk = foreign(true);
        try (FileDraft draft = store.draft(chunk.ref.id(), chunk.birth)) {
            draft.out().write(chunk.bytes());
            assertThat(draft.commit(chunk.ref)).isEqualTo(chunk.ref);
            isBack(chunk);
        } catch (VarveException e) {
            expected(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Other bytes under an id that is there. */
    private void putOther() {
        if (known.isEmpty()) {
            return;
        }
        byte[] bytes = new byte[7];
        random.nextBytes(bytes);
        assertThat(store.put(pick().ref.id(), buffer(bytes), 1))
                .failsWithin(Duration.ofSeconds(60))
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }

    /** A bit of a file turns, which nobody sees before the chunk comes again. */
    private void replaceDamaged() {
        List<Known> files = known.values().stream()
                .filter(chunk -> chunk.isFile && chunk.bytes().length > 0)
                .toList();
        if (files.isEmpty()) {
            return;
        }
        Known chunk = files.get(random.nextInt(files.size()));
        Path path = store.file(chunk.ref);
        byte[] bytes = chunk.bytes();
        bytes[random.nextInt(bytes.length)] ^= 4;
        try {
            Files.write(path, bytes);
            try (FileDraft draft = store.draft(chunk.ref.id(), chunk.birth)) {
                draft.out().write(chunk.bytes());
                draft.commit(chunk.ref);
            }
            assertThat(path).hasBinaryContent(chunk.bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Failures may happen only where the disk was made to fail. */
    private static void expected(@Nullable Throwable e) {
        assertThat(e)
                .isInstanceOfSatisfying(
                        VarveException.class,
                        world -> assertThat(world.code()).isIn(ErrorCode.STORAGE, ErrorCode.DISK_FULL));
    }

    private void draft() {
        byte[] bytes = bytes();
        long birth = random.nextInt(100);
        try (FileDraft draft = store.draft(birth)) {
            if (random.nextInt(3) == 0) {
                Files.write(draft.path(), bytes);
            } else {
                int cut = random.nextInt(bytes.length + 1);
                draft.out().write(bytes, 0, cut);
                draft.out().write(bytes, cut, bytes.length - cut);
            }
            if (random.nextInt(8) != 0) {
                acknowledged(draft.commit(), bytes, true, birth);
            }
        } catch (VarveException e) {
            expected(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void delete(int count) {
        Set<ChunkId> ids = new TreeSet<>();
        for (int i = 0; i < count && !known.isEmpty(); i++) {
            ids.add(pick().ref.id());
        }
        Set<ChunkId> all = new HashSet<>(ids);
        all.add(new ChunkId(random.nextLong(), random.nextLong()));
        try {
            assertThat(store.delete(all)).isEqualTo(ids.size());
            deleted.addAll(ids);
        } catch (VarveException e) {
            expected(e);
            uncertain.addAll(ids);
        }
        known.keySet().removeAll(ids);
    }

    private Known pick() {
        return new ArrayList<>(known.values()).get(random.nextInt(known.size()));
    }

    private void readSome() {
        for (int i = 0; i < 5 && !known.isEmpty(); i++) {
            Known chunk = pick();
            int from = random.nextInt(chunk.bytes().length + 1);
            int to = random.nextInt(from, chunk.bytes().length + 1);
            assertThat(read(chunk, from, to)).isEqualTo(Arrays.copyOfRange(chunk.bytes(), from, to));
        }
    }

    private byte[] read(Known chunk, int from, int to) {
        int length = to - from;
        ByteBuffer into = random.nextBoolean() ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
        store.read(chunk.ref, from, into);
        assertThat(into.hasRemaining()).isFalse();
        byte[] read = new byte[length];
        into.flip().get(read);
        return read;
    }

    private void scrubSome() {
        store.scrub(random.nextInt(1, 1 << 20));
        assertThat(store.damage()).isEmpty();
    }

    /** Reads everything, and finds nothing that should not be there. */
    void verify() {
        for (Known chunk : known.values()) {
            assertThat(read(chunk, 0, chunk.bytes().length)).isEqualTo(chunk.bytes());
            if (chunk.isFile) {
                assertThat(store.file(chunk.ref)).hasBinaryContent(chunk.bytes());
            }
        }
        Set<ChunkId> found = new TreeSet<>();
        store.inventory(Long.MAX_VALUE, found::add);
        assertThat(found.containsAll(known.keySet())).isTrue();
        assertThat(common(found, deleted)).as("come back").isEmpty();
        found.removeAll(known.keySet());
        found.removeAll(uncertain);
        // The rest was written and not acknowledged.
        assertThat(common(found, everGiven)).isEmpty();
        long floor = random.nextInt(100);
        Set<ChunkId> old = new TreeSet<>();
        store.inventory(floor, old::add);
        known.forEach((id, chunk) -> assertThat(old.contains(id)).isEqualTo(chunk.birth < floor));
        verifyGroups();
        assertThat(store.damage()).isEmpty();
        assertThat(store.status().chunks()).isBetween((long) known.size(), (long) known.size() + 1000);
    }

    /** Page by page, the groups have all there is. */
    private void verifyGroups() {
        Map<ChunkId, StoredChunk> found = new TreeMap<>();
        int page = random.nextInt(1, 10);
        for (int group = 0; group < ChunkStore.GROUPS; group++) {
            List<StoredChunk> next = store.inventory(group, null, page);
            while (!next.isEmpty()) {
                for (StoredChunk chunk : next) {
                    assertThat(chunk.ref().id().group()).isEqualTo(group);
                    assertThat(found.put(chunk.ref().id(), chunk)).isNull();
                }
                next = store.inventory(group, next.getLast().ref().id(), page);
            }
        }
        known.forEach((id, chunk) -> {
            StoredChunk expected = new StoredChunk(chunk.ref, chunk.birth, chunk.isFile);
            assertThat(found.get(id)).isEqualTo(expected);
            assertThat(store.find(id)).contains(expected);
        });
        assertThat(common(found.keySet(), deleted)).isEmpty();
    }

    private static Set<ChunkId> common(Set<ChunkId> a, Set<ChunkId> b) {
        Set<ChunkId> both = new TreeSet<>(a);
        both.retainAll(b);
        return both;
    }

    /** Closes and opens it, with the index or without. */
    void reopen() {
        store.close();
        disk = new FaultyDisk();
        if (random.nextInt(3) == 0) {
            dropIndex();
        }
        store = open();
        verify();
    }

    void dropIndex() {
        try {
            indexes.clear(directory.resolve(ChunkStore.INDEX));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Loses power in the middle of something. */
    private void crash() {
        disk.cutPowerAfter(random.nextInt(random.nextBoolean() ? 4 : 30));
        for (int i = 0; i < 10 && !disk.isCrashed(); i++) {
            try {
                switch (random.nextInt(8)) {
                    case 0, 1 -> put(random.nextInt(1, 8));
                    case 2 -> draft();
                    case 3 -> delete(random.nextInt(1, 5));
                    case 4 -> store.compactOnce();
                    case 5 -> store.scrub(1 << 20);
                    case 6 -> putForeign(random.nextInt(1, 8));
                    case 7 -> draftForeign();
                    default -> throw new AssertionError();
                }
            } catch (VarveException e) {
                expected(e);
            }
        }
        disk.cutPowerAfter(0);
        if (indexes instanceof MemoryIndexes memory) {
            // Background flushes end before the power does.
            store.abandon();
            memory.crash(random);
        } else {
            store.abandon();
        }
        disk.crash(random);
        disk = new FaultyDisk();
        store = openWithSomeMoreCrashes();
        verify();
    }

    private ChunkStore openWithSomeMoreCrashes() {
        while (random.nextInt(3) == 0) {
            disk.cutPowerAfter(random.nextInt(10));
            try {
                open().abandon();
            } catch (VarveException e) {
                expected(e);
            }
            disk.cutPowerAfter(0);
            if (indexes instanceof MemoryIndexes memory) {
                memory.crash(random);
            }
            disk.crash(random);
            disk = new FaultyDisk();
        }
        return open();
    }

    private void failForces() {
        disk.failForces();
        put(random.nextInt(1, 4));
        delete(1);
        disk.mendForces();
        put(1);
    }

    private void fillDisk() {
        disk.setFreeBytes(random.nextInt(1 << 12));
        put(random.nextInt(1, 8));
        draft();
        readSome();
        disk.setFreeBytes(Long.MAX_VALUE);
        int before = known.size();
        put(1);
        assertThat(known).as("writing resumes").hasSize(before + 1);
    }

    /** Harms one file of the closed store; returns which, and how. */
    String harm() {
        store.close();
        List<Path> candidates = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            all.filter(Files::isRegularFile)
                    .filter(path -> !path.endsWith("LOCK"))
                    .sorted()
                    .forEach(candidates::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path victim = candidates.get(random.nextInt(candidates.size()));
        String name = directory.relativize(victim).toString();
        try (RandomAccessFile file = new RandomAccessFile(victim.toFile(), "rw")) {
            long at = file.length() == 0 ? 0 : random.nextLong(file.length());
            int how = random.nextInt(file.length() == 0 ? 1 : 4);
            if (how == 0) {
                Files.delete(victim);
                return name + " deleted";
            }
            if (how == 1) {
                file.setLength(at);
                return name + " truncated to " + at;
            }
            file.seek(at);
            int before = file.read();
            file.seek(at);
            file.write(before ^ 1 << random.nextInt(8));
            return name + " flipped at " + at;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens the harmed store: what can be read is right, what cannot is reported. */
    void verifyHarmed(String harm) {
        disk = new FaultyDisk();
        boolean hasIndex = random.nextInt(4) != 0;
        if (!hasIndex) {
            dropIndex();
        }
        try {
            store = open();
        } catch (VarveException e) {
            assertThat(harm).startsWith("IDENTITY");
            return;
        }
        assertThat(harm).doesNotStartWith("IDENTITY");
        int unreadable = 0;
        for (Known chunk : known.values()) {
            unreadable += isUnreadable(chunk) ? 1 : 0;
        }
        // The first round may have begun before the harm was done.
        for (int rounds = 0; rounds < 2; ) {
            rounds += store.scrub(1 << 20).isRoundDone() ? 1 : 0;
        }
        // A leftover file of nobody's is removed, harmed or not.
        boolean isLeftover = harm.startsWith(ChunkStore.FILES)
                && known.keySet().stream().noneMatch(id -> harm.contains(id.toString()));
        boolean isChunkData =
                !isLeftover && (harm.startsWith(ChunkStore.SEGMENTS) || harm.startsWith(ChunkStore.FILES));
        if (unreadable > 0) {
            assertThat(isChunkData).isTrue();
        }
        if (isChunkData && hasIndex && !harm.endsWith(" deleted")) {
            assertThat(store.damage()).as("reported: " + harm).isNotEmpty();
        }
        if (unreadable > 0 && hasIndex) {
            assertThat(store.damage()).as("reported: " + harm).isNotEmpty();
        }
        // It goes on all the same.
        Set<ChunkId> before = Set.copyOf(known.keySet());
        put(3);
        assertThat(known).hasSize(before.size() + 3);
        known.forEach((id, chunk) ->
                assertThat(!before.contains(id) && isUnreadable(chunk)).isFalse());
        while (store.compactOnce()) {
            // goes on
        }
        int after = 0;
        for (Known chunk : known.values()) {
            after += isUnreadable(chunk) ? 1 : 0;
        }
        assertThat(after).as("nothing more is lost").isEqualTo(unreadable);
        store.close();
    }

    private boolean isUnreadable(Known chunk) {
        try {
            byte[] read = read(chunk, 0, chunk.bytes().length);
            if (!Arrays.equals(read, chunk.bytes())) {
                fail("wrong bytes of " + chunk.ref);
            }
            if (chunk.isFile) {
                assertThat(store.file(chunk.ref)).hasBinaryContent(chunk.bytes());
            }
            return false;
        } catch (VarveException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
            return true;
        }
    }
}
