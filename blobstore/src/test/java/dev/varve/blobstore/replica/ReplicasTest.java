package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicasTest {
    @TempDir
    Path folder;

    private ReplicaCluster cluster;
    private long counter;

    @BeforeEach
    void open() {
        cluster = new ReplicaCluster(folder, ReplicaCluster.QUICK);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    /** Of group 0. */
    private ChunkId id() {
        return new ChunkId(9, ++counter);
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private List<ChunkRef> write(int count, ReplicaCluster.Node... nodes) {
        List<ChunkRef> refs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ChunkId id = id();
            byte[] content = bytes(i, 1000 * i);
            for (ReplicaCluster.Node node : nodes) {
                node.put(id, content);
            }
            refs.add(nodes[0].store.find(id).orElseThrow().ref());
        }
        ChunkId id = id();
        byte[] content = bytes(7, 300_000);
        for (ReplicaCluster.Node node : nodes) {
            node.putFile(id, content);
        }
        refs.add(nodes[0].store.find(id).orElseThrow().ref());
        return refs;
    }

    private static boolean hasAll(ReplicaCluster.Node node, List<ChunkRef> refs) {
        return refs.stream().allMatch(node::has);
    }

    @Test
    void theFirstHoldersOfANewGroupAreMembersAtOnce() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        assertThat(nodes).allMatch(node -> node.replicas.counts(0) && node.replicas.accepts(0));
        assertThat(nodes).noneMatch(node -> node.replicas.accepts(1));
    }

    @Test
    void aFourthNodeGetsEverythingBeforeItIsAMember() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(20, nodes.get(0), nodes.get(1), nodes.get(2));
        List<ChunkRef> onlyOnTwo = write(5, nodes.get(0), nodes.get(1));
        ReplicaCluster.Node fourth = cluster.start("n4");
        fourth.become(0, ReplicaState.BOOTSTRAP);
        assertThat(fourth.replicas.accepts(0)).isTrue();
        assertThat(fourth.replicas.counts(0)).isFalse();
        fourth.become(0, ReplicaState.MEMBER);
        assertThat(hasAll(fourth, refs)).isTrue();
        assertThat(hasAll(fourth, onlyOnTwo)).isTrue();
        assertThat(fourth.store.find(refs.getLast().id()).orElseThrow().isFile())
                .isTrue();
        assertThat(fourth.replicas.status().copiedChunks()).isEqualTo(refs.size() + onlyOnTwo.size());
    }

    @Test
    void aReplicaLeavesOnlyAfterTwoMembersHaveAllOfIt() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(10, nodes.get(0), nodes.get(1), nodes.get(2));
        List<ChunkRef> onlyHere = write(10, nodes.get(0));
        ReplicaCluster.Node leaver = nodes.get(0);
        leaver.become(0, ReplicaState.DRAINING);
        assertThat(leaver.replicas.accepts(0)).isFalse();
        leaver.become(0, ReplicaState.OFFLINE);
        for (ReplicaCluster.Node other : nodes.subList(1, 3)) {
            assertThat(hasAll(other, refs)).isTrue();
            assertThat(hasAll(other, onlyHere)).isTrue();
        }
        leaver.become(0, ReplicaState.DROPPED);
        assertThat(leaver.store.inventory(0, null, 10)).isEmpty();
    }

    @Test
    void nobodyLeavesWhenFewerThanTwoWouldStay() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        nodes.get(0).become(0, ReplicaState.DRAINING);
        assertThatThrownBy(() -> nodes.get(1).become(0, ReplicaState.DRAINING))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY));
        assertThat(nodes.get(1).replicas.counts(0)).isTrue();
    }

    @Test
    void whatLeavesComesBackOnlyAfterItHasLeft() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(5, nodes.get(0));
        nodes.get(0).become(0, ReplicaState.DRAINING);
        cluster.stop("n1");
        ReplicaCluster.Node again = cluster.start("n1");
        assertThat(again.replicas.state(0)).isEqualTo(ReplicaState.DRAINING);
        again.become(0, ReplicaState.MEMBER);
        assertThat(hasAll(nodes.get(1), refs)).isTrue();
        assertThat(hasAll(nodes.get(2), refs)).isTrue();
        assertThat(hasAll(again, refs)).isTrue();
    }

    @Test
    void whatCannotLeaveIsCalledBackAndFetchesWhatItMissed() throws IOException {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(5, nodes.get(0));
        nodes.get(0).become(0, ReplicaState.DRAINING);
        cluster.stop("n3");
        delete(cluster.directory("n3"));
        List<ChunkRef> missed = write(5, nodes.get(1));
        nodes.get(0).become(0, ReplicaState.MEMBER);
        assertThat(nodes.get(0).replicas.counts(0)).isTrue();
        assertThat(hasAll(nodes.get(0), refs)).isTrue();
        ReplicaCluster.eventually("it has what it missed", () -> hasAll(nodes.get(0), missed));
    }

    @Test
    void anEmptiedDiskKnowsNothingAndIsFilledAgain() throws IOException {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(10, nodes.get(0), nodes.get(1), nodes.get(2));
        cluster.stop("n3");
        byte[] marks = Files.readAllBytes(cluster.directory("n3").resolve("MARKS"));
        delete(cluster.directory("n3"));
        Files.createDirectories(cluster.directory("n3"));
        // Somebody puts back what he takes for settings.
        Files.write(cluster.directory("n3").resolve("MARKS"), marks);
        ReplicaCluster.Node empty = cluster.start("n3");
        assertThat(empty.replicas.state(0)).isEqualTo(ReplicaState.OFFLINE);
        assertThat(empty.replicas.accepts(0)).isFalse();
        empty.become(0, ReplicaState.MEMBER);
        assertThat(hasAll(empty, refs)).isTrue();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Test
    void whatWasMissedIsFetchedAfterTheReturn() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        cluster.stop("n3");
        List<ChunkRef> refs = write(10, nodes.get(0), nodes.get(1));
        ReplicaCluster.Node back = cluster.start("n3");
        assertThat(back.replicas.counts(0)).isTrue();
        ReplicaCluster.eventually("all is there", () -> hasAll(back, refs));
    }

    @Test
    void aNodeIsToldWhatItLacks() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(1, nodes.get(0), nodes.get(1));
        refs.forEach(ref -> nodes.get(0).replicas.lacks("n3", ref));
        ReplicaCluster.eventually("all is there", () -> hasAll(nodes.get(2), refs));
    }

    @Test
    void damageIsHealedFromAnotherNode() throws IOException {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        List<ChunkRef> refs = write(10, nodes.get(0), nodes.get(1), nodes.get(2));
        flip("n1", ".seg");
        flip("n1", ".parquet");
        assertThat(hasAll(nodes.get(0), refs)).isFalse();
        while (!nodes.get(0).store.scrub(1 << 30).isRoundDone()) {
            // All of it.
        }
        assertThat(nodes.get(0).store.damage()).hasSizeGreaterThan(1);
        ReplicaCluster.eventually("all is good", () -> hasAll(nodes.get(0), refs));
        // A comparison may have been faster with one of them.
        ReplicaCluster.eventually(
                "it is counted", () -> nodes.get(0).replicas.status().healed() > 0);
        assertThat(cluster.alarms).isEmpty();
    }

    @Test
    void damageThatNobodyCanHealIsAnAlarm() throws IOException {
        // They can be asked, but are no members: those would have fetched the chunk before it is damaged.
        cluster.start("n2");
        cluster.start("n3");
        ReplicaCluster.Node member = cluster.members("n1").getFirst();
        List<ChunkRef> refs = List.of(member.put(id(), bytes(1, 50_000)));
        flip("n1", ".seg");
        assertThat(hasAll(member, refs)).isFalse();
        ReplicaCluster.eventually(
                "an alarm", () -> cluster.alarms.stream().anyMatch(alarm -> alarm.startsWith(ReplicaAlarms.LOST)));
    }

    /** In the middle of each such file that has content. */
    private void flip(String node, String suffix) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(cluster.directory(node))) {
            files = all.filter(file -> file.toString().endsWith(suffix)).toList();
        }
        for (Path path : files) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                if (file.length() > 10_000) {
                    file.seek(file.length() / 2);
                    int old = file.read();
                    file.seek(file.length() / 2);
                    file.write(old ^ 4);
                }
            }
        }
    }

    @Test
    void theOddCopyIsReplacedAndToldOf() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1", "n2", "n3");
        ChunkId id = id();
        ChunkRef right = nodes.get(0).put(id, bytes(1, 5000));
        nodes.get(1).put(id, bytes(1, 5000));
        nodes.get(2).put(id, bytes(2, 5000));
        ReplicaCluster.eventually("the odd one is replaced", () -> nodes.get(2).has(right));
        assertThat(nodes.get(0).has(right)).isTrue();
        assertThat(cluster.alarms).isNotEmpty().allMatch(alarm -> alarm.startsWith(ReplicaAlarms.DIVERGED + " 0 n"));
    }

    @Test
    void garbageIsDeletedHere() {
        List<ReplicaCluster.Node> nodes = cluster.members("n1");
        List<ChunkRef> refs = write(3, nodes.get(0));
        ChunkRef wanted = refs.get(1);
        int count = nodes.get(0).replicas.collectGarbage(new GarbageFacts() {
            @Override
            public long floor() {
                return 2;
            }

            @Override
            public boolean isBeforeStart(long birth) {
                return false;
            }

            @Override
            public void wanted(Consumer<ChunkId> sink) {
                sink.accept(wanted.id());
            }
        });
        assertThat(count).isEqualTo(refs.size() - 1);
        assertThat(nodes.get(0).has(wanted)).isTrue();
    }

    @Test
    void oneWrongCopyOfTheMarksDoesNoHarm() throws IOException {
        cluster.members("n1", "n2", "n3");
        cluster.stop("n1");
        Files.write(cluster.directory("n1").resolve("MARKS"), bytes(1, 100));
        assertThat(cluster.start("n1").replicas.state(0)).isEqualTo(ReplicaState.MEMBER);
    }

    @Test
    void marksOfAnotherClusterAreRefused() {
        DiskIdentity disk = new DiskIdentity(ReplicaCluster.ID, 1, new UUID(1, 1), 1);
        ByteBuffer foreign =
                MarkCodec.encode(new DiskIdentity(new UUID(5, 5), 1, new UUID(1, 1), 1), 1, new TreeMap<>());
        assertThatThrownBy(() -> ReplicaBook.read(List.of(foreign), disk, Set.of()))
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("belong to node 1 of cluster");
    }
}
