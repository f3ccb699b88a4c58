package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicatedChunksTest {
    @TempDir
    Path folder;

    private ChunkCluster cluster(String... names) {
        return new ChunkCluster(folder, ChunkCluster.QUICK, names);
    }

    static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static ChunkRef put(ReplicatedChunks chunks, byte[] bytes) {
        try {
            return chunks.append(ByteBuffer.wrap(bytes), 1).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof VarveException told ? told : e;
        }
    }

    static ChunkRef putFile(ReplicatedChunks chunks, byte[] bytes) {
        try (Chunks.Draft draft = chunks.draft(1)) {
            draft.out().write(bytes);
            return draft.commit();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] get(ReplicatedChunks chunks, ChunkRef ref) {
        ByteBuffer into = ByteBuffer.allocate((int) ref.length());
        chunks.read(ref, 0, into);
        return into.array();
    }

    private static void assertFails(ErrorCode code, ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        VarveException.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
    }

    private static void eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void aChunkIsOnAllMembersOfItsGroup() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            for (int length : new int[] {0, 1, 100_000, 8 << 20}) {
                byte[] bytes = bytes(length, length);
                ChunkRef ref = put(cluster.node("a").chunks(), bytes);
                assertThat(ref.id().node()).isEqualTo(1);
                eventually(() -> cluster.copies(ref.id()) == 3);
                for (ChunkCluster.Node node : cluster.nodes()) {
                    assertThat(get(node.chunks(), ref)).isEqualTo(bytes);
                    assertThat(node.store().find(ref.id()).orElseThrow().birth())
                            .isEqualTo(1);
                }
            }
            assertThat(cluster.lacking).isEmpty();
        }
    }

    @Test
    void twoOfThreeAreEnoughWhenOneIsKnownToBeGone() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            cluster.node("c").kill();
            cluster.refresh();
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            assertThat(cluster.copies(ref.id())).isEqualTo(2);
            assertThat(cluster.lacking).containsExactly(Map.entry("c", ref));
            assertThat(cluster.node("a").chunks().status().stragglers()).isZero();
        }
    }

    @Test
    void aSlowNodeIsWaitedForAWhileAndGetsItsCopyLater() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            cluster.node("c").slowDown(300);
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            assertThat(cluster.node("a").chunks().status().stragglers()).isEqualTo(1);
            eventually(() -> cluster.copies(ref.id()) == 3);
            assertThat(cluster.lacking).isEmpty();
        }
    }

    @Test
    void aSilentNodeIsReportedToLackItsCopy() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            cluster.network().cut("a", "c");
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            eventually(() -> cluster.lacking.contains(Map.entry("c", ref)));
        }
    }

    @Test
    void withoutTwoCopiesNothingIsWritten() {
        ReplicationSettings hasty =
                ChunkCluster.QUICK.withTimes(Duration.ofMillis(20), Duration.ofMillis(150), Duration.ofMillis(700));
        try (ChunkCluster cluster = new ChunkCluster(folder, hasty, "a", "b", "c")) {
            cluster.network().cut("a", "b");
            cluster.network().cut("a", "c");
            assertThatThrownBy(() -> put(cluster.node("a").chunks(), bytes(1, 1000)))
                    .isInstanceOfSatisfying(VarveException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY);
                        assertThat(e).hasMessageContaining("b ").hasMessageContaining("c ");
                    });
            assertThat(cluster.node("a").chunks().status().slips()).isEqualTo(3);
            cluster.network().heal();
            put(cluster.node("a").chunks(), bytes(1, 1000));
        }
    }

    @Test
    void aGroupThatIsRefusedIsFollowedByAnother() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            for (int group = 0; group < 7; group++) {
                cluster.node("b").states.put(group, ReplicaState.OFFLINE);
                cluster.node("c").states.put(group, ReplicaState.DRAINING);
            }
            // The others still take them for members of all groups.
            long slips = 0;
            int failures = 0;
            for (int i = 0; i < 20; i++) {
                try {
                    ChunkRef ref = put(cluster.node("a").chunks(), bytes(i, 1000));
                    assertThat(ref.id().group()).isEqualTo(7);
                } catch (VarveException e) {
                    failures++;
                }
                slips = cluster.node("a").chunks().status().slips();
            }
            assertThat(slips).isPositive();
            assertThat(failures).isLessThan(20);
            cluster.refresh();
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            assertThat(ref.id().group()).isEqualTo(7);
        }
    }

    @Test
    void aCopyOnANodeThatIsNotAMemberYetDoesNotCount() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            for (int group = 0; group < 8; group++) {
                cluster.node("b").states.put(group, ReplicaState.BOOTSTRAP);
                cluster.node("c").states.put(group, ReplicaState.BOOTSTRAP);
            }
            // By an old view they are members.
            assertFails(ErrorCode.NOT_READY, () -> put(cluster.node("a").chunks(), bytes(1, 1000)));
            cluster.refresh();
            assertFails(ErrorCode.NOT_READY, () -> put(cluster.node("a").chunks(), bytes(1, 1000)));
            for (int group = 0; group < 8; group++) {
                cluster.node("b").states.put(group, ReplicaState.MEMBER);
            }
            cluster.refresh();
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            eventually(() -> cluster.copies(ref.id()) == 3);
            ChunkRef file = putFile(cluster.node("a").chunks(), bytes(2, 3_000_000));
            eventually(() -> cluster.copies(file.id()) == 3);
        }
    }

    @Test
    void aDamagedOrMissingCopyIsReadElsewhereAndReported() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            byte[] bytes = bytes(1, 300_000);
            ChunkRef ref = put(cluster.node("a").chunks(), bytes);
            ChunkRef missing = put(cluster.node("a").chunks(), bytes(2, 1000));
            eventually(() -> cluster.copies(ref.id()) == 3 && cluster.copies(missing.id()) == 3);
            assertThat(cluster.node("a").harm(ref, bytes)).isTrue();
            assertThat(cluster.node("b").harm(ref, bytes)).isTrue();
            cluster.node("c").store().delete(missing.id());
            assertThat(get(cluster.node("a").chunks(), ref)).isEqualTo(bytes);
            assertThat(cluster.lacking).contains(Map.entry("a", ref));
            assertThat(get(cluster.node("c").chunks(), missing)).isEqualTo(bytes(2, 1000));
            assertThat(cluster.lacking).contains(Map.entry("c", missing));
            assertThat(cluster.node("c").harm(ref, bytes)).isTrue();
            for (ChunkCluster.Node node : cluster.nodes()) {
                assertFails(ErrorCode.STORAGE, () -> get(node.chunks(), ref));
            }
            cluster.node("b").kill();
            assertFails(ErrorCode.NOT_READY, () -> get(cluster.node("a").chunks(), ref));
        }
    }

    @Test
    void aFileIsOnAllMembersAndReadInPlace() throws IOException {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            for (int length : new int[] {0, 1, 1 << 20, 6_666_666}) {
                byte[] bytes = bytes(length, length);
                ChunkRef ref = putFile(cluster.node("b").chunks(), bytes);
                eventually(() -> cluster.copies(ref.id()) == 3);
                for (ChunkCluster.Node node : cluster.nodes()) {
                    Path path = node.chunks().file(ref);
                    assertThat(path).startsWith(node.folder().resolve("chunks"));
                    assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
                }
            }
            assertThat(cluster.lacking).isEmpty();
            assertThat(cluster.node("a").chunks().status().cacheMisses()).isZero();
        }
    }

    @Test
    void aNodeWithoutChunksWritesToOthersAndReadsFromThem() throws IOException {
        try (ChunkCluster cluster = cluster("a", "b", "bare", "c")) {
            ReplicatedChunks bare = cluster.node("bare").chunks();
            byte[] bytes = bytes(1, 3_000_000);
            ChunkRef ref = put(bare, bytes);
            ChunkRef file = putFile(bare, bytes);
            eventually(() -> cluster.copies(ref.id()) == 3 && cluster.copies(file.id()) == 3);
            assertThat(get(bare, ref)).isEqualTo(bytes);
            Path copy = bare.file(file);
            assertThat(copy)
                    .startsWith(cluster.node("bare").folder().resolve("cache"))
                    .hasBinaryContent(bytes);
            assertThat(bare.file(file)).isEqualTo(copy);
            assertThat(bare.status().cacheMisses()).isEqualTo(1);
            ByteBuffer part = ByteBuffer.allocate(100_000);
            bare.read(file, 1_000_001, part);
            assertThat(part.flip()).isEqualTo(ByteBuffer.wrap(bytes, 1_000_001, 100_000));
            try (Chunks.Draft draft = bare.draft(1)) {
                Files.write(draft.path(), bytes);
                assertThat(get(cluster.node("a").chunks(), draft.commit())).isEqualTo(bytes);
            }
            try (Stream<Path> left = Files.list(cluster.node("bare").folder().resolve("cache"))) {
                assertThat(left).containsExactly(copy);
            }
        }
    }

    @Test
    void aDamagedFileIsReadFromACopy() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            byte[] bytes = bytes(1, 3_000_000);
            ChunkRef file = putFile(cluster.node("a").chunks(), bytes);
            eventually(() -> cluster.copies(file.id()) == 3);
            assertThat(cluster.node("b").harm(file, bytes)).isTrue();
            cluster.node("b").kill();
            cluster.node("b").start();
            assertThat(cluster.node("b").chunks().file(file))
                    .startsWith(cluster.node("b").folder().resolve("cache"))
                    .hasBinaryContent(bytes);
            assertThat(cluster.lacking).contains(Map.entry("b", file));
        }
    }

    @Test
    void theCacheLetsGoOfWhatWasUsedLongAgo() {
        ReplicationSettings small = ChunkCluster.QUICK.withCache(2_500_000, Duration.ZERO);
        try (ChunkCluster cluster = new ChunkCluster(folder, small, "a", "b", "bare", "c")) {
            ReplicatedChunks bare = cluster.node("bare").chunks();
            List<ChunkRef> files = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                files.add(putFile(bare, bytes(i, 1_000_000)));
            }
            Path first = bare.file(files.get(0));
            Path second = bare.file(files.get(1));
            bare.file(files.get(0));
            bare.file(files.get(2));
            assertThat(second).doesNotExist();
            assertThat(first).exists();
            assertThat(bare.status().cachedBytes()).isEqualTo(2_000_000);
            assertThat(bare.file(files.get(1))).hasBinaryContent(bytes(1, 1_000_000));
        }
        ReplicationSettings graceful = ChunkCluster.QUICK.withCache(1, Duration.ofMinutes(10));
        try (ChunkCluster cluster = new ChunkCluster(folder.resolve("2"), graceful, "a", "b", "bare", "c")) {
            ReplicatedChunks bare = cluster.node("bare").chunks();
            Path first = bare.file(putFile(bare, bytes(1, 1000)));
            bare.file(putFile(bare, bytes(2, 1000)));
            assertThat(first).hasBinaryContent(bytes(1, 1000));
        }
    }

    @Test
    void aSlowReplicaIsOvertakenByAnother() {
        try (ChunkCluster cluster = cluster("a", "b", "bare", "c")) {
            ReplicatedChunks bare = cluster.node("bare").chunks();
            ChunkRef ref = put(bare, bytes(1, 1000));
            eventually(() -> cluster.copies(ref.id()) == 3);
            cluster.node("a").slowDown(400);
            for (int i = 0; i < 10; i++) {
                assertThat(get(bare, ref)).isEqualTo(bytes(1, 1000));
            }
            assertThat(bare.status().hedges()).isPositive();
        }
    }

    @Test
    void deletingReachesAllThatAreThere() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            eventually(() -> cluster.copies(ref.id()) == 3);
            assertThat(cluster.node("a").chunks().delete(List.of(ref.id()))).isEqualTo(1);
            eventually(() -> cluster.copies(ref.id()) == 0);
            assertFails(ErrorCode.STORAGE, () -> get(cluster.node("a").chunks(), ref));
        }
    }

    @Test
    void manyWritesAtOnceAreBoundedAndAllDone() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            Map<CompletableFuture<ChunkRef>, byte[]> all = new LinkedHashMap<>();
            for (int i = 0; i < 60; i++) {
                byte[] bytes = bytes(i, 1_500_000);
                all.put(cluster.nodes().get(i % 3).chunks().append(ByteBuffer.wrap(bytes), 1), bytes);
            }
            all.forEach((future, bytes) ->
                    assertThat(get(cluster.node("c").chunks(), future.join())).isEqualTo(bytes));
            for (ChunkCluster.Node node : cluster.nodes()) {
                assertThat(node.chunks().status().bytesWriting()).isZero();
                assertThat(node.chunks().status().skippedSends()).isZero();
            }
        }
    }

    @Test
    void aNodeThatTakesTooMuchIsLeftOut() {
        ReplicationSettings narrow = ChunkCluster.QUICK.withBytes(8 << 20, 1 << 20);
        try (ChunkCluster cluster = new ChunkCluster(folder, narrow, "a", "b", "c")) {
            cluster.network().cut("a", "c");
            List<ChunkRef> refs = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                refs.add(put(cluster.node("a").chunks(), bytes(i, 400_000)));
            }
            ReplicationStatus status = cluster.node("a").chunks().status();
            assertThat(status.skippedSends()).isPositive();
            eventually(() -> refs.stream().allMatch(ref -> cluster.lacking.contains(Map.entry("c", ref))));
            cluster.network().heal();
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(9, 400_000));
            eventually(() -> cluster.copies(ref.id()) == 3);
        }
    }

    @Test
    void aFullDiskIsMadeUpForByTheOthers() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            cluster.node("a").disk().setFreeBytes(0);
            ChunkRef ref = put(cluster.node("a").chunks(), bytes(1, 1000));
            assertThat(cluster.copies(ref.id())).isEqualTo(2);
            assertThat(get(cluster.node("a").chunks(), ref)).isEqualTo(bytes(1, 1000));
            cluster.node("b").disk().setFreeBytes(0);
            cluster.node("c").disk().setFreeBytes(0);
            assertFails(ErrorCode.DISK_FULL, () -> put(cluster.node("a").chunks(), bytes(1, 1000)));
        }
    }

    @Test
    void aFileGoesToAnotherGroupIfItsOwnDoesNotTakeIt() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            for (int group = 0; group < 7; group++) {
                cluster.node("b").states.put(group, ReplicaState.OFFLINE);
                cluster.node("c").states.put(group, ReplicaState.OFFLINE);
            }
            List<ChunkRef> refs = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                try {
                    refs.add(putFile(cluster.node("a").chunks(), bytes(i, 100_000)));
                } catch (VarveException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY);
                }
            }
            assertThat(refs).isNotEmpty().allMatch(ref -> ref.id().group() == 7);
            eventually(() -> refs.stream().allMatch(ref -> cluster.copies(ref.id()) == 3));
        }
    }

    @Test
    void aClosedNodeWritesNothing() {
        try (ChunkCluster cluster = cluster("a", "b", "c")) {
            cluster.network().cut("a", "b");
            cluster.network().cut("a", "c");
            ReplicatedChunks chunks = cluster.node("a").chunks();
            CompletableFuture<ChunkRef> waiting = chunks.append(ByteBuffer.wrap(bytes(1, 1000)), 1);
            cluster.node("a").kill();
            assertFails(ErrorCode.NOT_READY, () -> {
                try {
                    waiting.join();
                } catch (CompletionException e) {
                    throw e.getCause() instanceof VarveException told ? told : e;
                }
            });
            assertFails(ErrorCode.NOT_READY, () -> put(chunks, bytes(1, 1000)));
        }
    }
}
