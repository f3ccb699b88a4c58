package dev.varve.blobstore.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random stories of three nodes and one without chunks against a map: nodes die and come back, links are cut, nodes are
 * slow, bits turn in one copy of a chunk. {@code -Dvarve.seed=N} repeats one, as far as threads let it.
 */
class ReplicatedChunksModelTest {
    private static final int STEPS = 30;

    @TempDir
    Path folder;

    static LongStream few() {
        Long one = Long.getLong("varve.seed");
        return one != null ? LongStream.of(one) : LongStream.range(0, 5);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("few")
    void whatIsWrittenIsReadAsItWasOrNotAtAll(long seed) {
        ReplicationSettings settings =
                ChunkCluster.QUICK.withTimes(Duration.ofMillis(20), Duration.ofMillis(150), Duration.ofMillis(400));
        try (ChunkCluster cluster = new ChunkCluster(folder, settings, "a", "b", "bare", "c")) {
            new Story(new Random(seed), cluster).tell();
        }
    }

    private static final class Story {
        private final Random random;
        private final ChunkCluster cluster;
        private final Map<ChunkRef, byte[]> written = new LinkedHashMap<>();
        private final Set<ChunkRef> files = new HashSet<>();
        private final Set<ChunkRef> harmed = new HashSet<>();

        Story(Random random, ChunkCluster cluster) {
            this.random = random;
            this.cluster = cluster;
        }

        void tell() {
            for (int i = 0; i < STEPS; i++) {
                switch (random.nextInt(12)) {
                    case 0, 1, 2 -> append(random.nextInt(1, 12));
                    case 3 -> appendFile();
                    case 4, 5, 6 -> read(8, false);
                    case 7 -> kill();
                    case 8 -> heal();
                    case 9 -> cut();
                    case 10 -> any(true).slowDown(random.nextInt(3) * 60L);
                    case 11 -> harm();
                    default -> throw new AssertionError();
                }
            }
            heal();
            cluster.nodes().forEach(node -> node.slowDown(0));
            append(3);
            read(Integer.MAX_VALUE, true);
            assertThat(written).isNotEmpty();
        }

        private ChunkCluster.Node any(boolean isUp) {
            List<ChunkCluster.Node> some =
                    cluster.nodes().stream().filter(node -> node.isUp() == isUp).toList();
            return some.get(random.nextInt(some.size()));
        }

        private byte[] bytes() {
            byte[] bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(1 << 20) + 40 : random.nextInt(40, 5000)];
            random.nextBytes(bytes);
            return bytes;
        }

        private void append(int count) {
            Map<CompletableFuture<ChunkRef>, byte[]> all = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                byte[] bytes = bytes();
                all.put(any(true).chunks().append(ByteBuffer.wrap(bytes), i), bytes);
            }
            all.forEach((future, bytes) -> {
                try {
                    isWritten(future.join(), bytes);
                } catch (CompletionException e) {
                    isRefused(e.getCause());
                }
            });
        }

        private void isWritten(ChunkRef ref, byte[] bytes) {
            assertThat(ref.length()).isEqualTo(bytes.length);
            assertThat(written.put(ref, bytes)).isNull();
        }

        private void isRefused(@Nullable Throwable e) {
            assertThat(e)
                    .isInstanceOfSatisfying(
                            VarveException.class,
                            told -> assertThat(told.code()).isEqualTo(ErrorCode.NOT_READY));
        }

        private void appendFile() {
            byte[] bytes = bytes();
            try {
                ChunkRef ref = ReplicatedChunksTest.putFile(any(true).chunks(), bytes);
                isWritten(ref, bytes);
                files.add(ref);
            } catch (VarveException e) {
                isRefused(e);
            }
        }

        private void read(int most, boolean mustBeThere) {
            List<ChunkRef> refs = new ArrayList<>(written.keySet());
            for (int i = 0; i < Math.min(most, refs.size()); i++) {
                ChunkRef ref = mustBeThere ? refs.get(i) : refs.get(random.nextInt(refs.size()));
                byte[] bytes = content(ref);
                ReplicatedChunks chunks = any(true).chunks();
                int from = mustBeThere ? 0 : random.nextInt(bytes.length);
                ByteBuffer into = ByteBuffer.allocate(mustBeThere ? bytes.length : random.nextInt(bytes.length - from));
                try {
                    chunks.read(ref, from, into);
                    assertThat(into.flip()).isEqualTo(ByteBuffer.wrap(bytes, from, into.limit()));
                    if (files.contains(ref)) {
                        assertThat(chunks.file(ref)).hasBinaryContent(bytes);
                    }
                } catch (VarveException e) {
                    assertThat(mustBeThere).as("%s must be there: %s", ref, e).isFalse();
                    assertThat(e.code()).isIn(ErrorCode.NOT_READY, ErrorCode.STORAGE);
                    assertThat(into.position()).isZero();
                }
            }
        }

        private byte[] content(ChunkRef ref) {
            return Objects.requireNonNull(written.get(ref));
        }

        private void kill() {
            if (cluster.nodes().stream().filter(ChunkCluster.Node::isUp).count() > 2) {
                any(true).kill();
                if (random.nextBoolean()) {
                    cluster.refresh();
                }
            }
        }

        private void heal() {
            cluster.network().heal();
            cluster.nodes().stream().filter(node -> !node.isUp()).forEach(ChunkCluster.Node::start);
            cluster.refresh();
        }

        private void cut() {
            cluster.network().cut(any(true).name, any(true).name);
        }

        /** Only one copy of a chunk, since it may have no more than two. */
        private void harm() {
            List<ChunkRef> refs = written.keySet().stream()
                    .filter(ref -> !harmed.contains(ref))
                    .toList();
            if (refs.isEmpty()) {
                return;
            }
            ChunkRef ref = refs.get(random.nextInt(refs.size()));
            for (ChunkCluster.Node node : cluster.nodes()) {
                if (node.isUp() && node.hasStore && node.harm(ref, content(ref))) {
                    harmed.add(ref);
                    return;
                }
            }
        }
    }
}
