package dev.varve.blobstore.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetaCodecTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void batchesComeBackAsTheyWere(long seed) {
        RandomOps ops = new RandomOps(seed);
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            List<MetaOp<?>> batch = new ArrayList<>();
            for (int k = random.nextInt(6); k > 0; k--) {
                batch.add(ops.next());
            }
            MetaBatch written = new MetaBatch(ops.time(), ops.time(), batch);
            ByteBuffer bytes = written.encode();
            assertThat(MetaBatch.decode(bytes)).isEqualTo(written);
            assertThat(MetaBatch.decode(bytes).encode()).isEqualTo(bytes);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void whatIsCutOrChangedIsNeverTakenForAnotherFailure(long seed) {
        RandomOps ops = new RandomOps(seed);
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            byte[] bytes = new MetaBatch(ops.time(), ops.time(), List.of(ops.next(), ops.next()))
                    .encode()
                    .array();
            for (int cut = 0; cut < bytes.length; cut += 1 + random.nextInt(20)) {
                ByteBuffer part = ByteBuffer.wrap(bytes, 0, cut);
                assertThatThrownBy(() -> MetaBatch.decode(part)).isInstanceOf(VarveException.class);
                byte[] damaged = bytes.clone();
                damaged[cut] ^= (byte) (1 << random.nextInt(8));
                try {
                    MetaBatch.decode(ByteBuffer.wrap(damaged));
                } catch (VarveException expected) {
                    assertThat(expected.code()).isIn(ErrorCode.CORRUPT, ErrorCode.STORAGE, ErrorCode.BAD_REQUEST);
                }
            }
        }
    }

    private static ObjectRow object(List<Checksum> partChecksums) {
        return new ObjectRow(
                7,
                9,
                true,
                false,
                true,
                3,
                Instant.EPOCH,
                5,
                "x",
                List.of(),
                partChecksums.stream().map(checksum -> 5L).toList(),
                partChecksums,
                "owner",
                Map.of("a", "b"),
                Map.of(),
                Map.of(),
                Optional.empty(),
                true,
                List.of(new Extent.Chunk(1, 2, 5, 4)));
    }

    private static Checksum checksum(int value) {
        return new Checksum(
                ChecksumAlgorithm.CRC32, ByteBuffer.allocate(4).putInt(value).flip(), 0);
    }

    @Test
    void rowsOfObjectsComeBackAsTheyWere() {
        for (ObjectRow row : List.of(object(List.of()), object(List.of(checksum(1), checksum(2))))) {
            assertThat(ObjectRow.decode(7, row.encode())).isEqualTo(row);
            assertThat(ObjectRow.decodeHead(7, row.encode())).isEqualTo(row.withExtents(List.of()));
            assertThat(ObjectRow.isDeleteMarker(row.encode())).isFalse();
        }
        ObjectRow marker = ObjectRow.marker(3, false, Instant.EPOCH, "o");
        assertThat(ObjectRow.isDeleteMarker(marker.encode())).isTrue();
        assertThat(ObjectRow.decode(3, marker.encode())).isEqualTo(marker);
    }

    @Test
    void onlyObjectsWithChecksumsOfPartsHaveTheNewerFormat() {
        assertThat(object(List.of()).encode()[0]).isEqualTo((byte) 1);
        assertThat(object(List.of(checksum(1))).encode()[0]).isEqualTo((byte) 2);
    }

    @Test
    void unknownFormatsAreRefused() {
        byte[] batch =
                new MetaBatch(Instant.EPOCH, Instant.EPOCH, List.of()).encode().array();
        assertRefused(batch, bytes -> MetaBatch.decode(ByteBuffer.wrap(bytes)));
        assertRefused(object(List.of()).encode(), bytes -> ObjectRow.decode(7, bytes));
        assertRefused(ShardHead.NEW.encode(), ShardHead::decode);
        assertRefused(new TrashRow(Instant.EPOCH, 3).encode(), TrashRow::decode);
        assertRefused(
                new PartRow(1, Instant.EPOCH, 0, "e", List.of(), List.of()).encode(),
                bytes -> PartRow.decode(1, bytes));
    }

    private static void assertRefused(byte[] bytes, Function<byte[], Object> decoder) {
        byte[] newer = bytes.clone();
        newer[0] = 3;
        assertThatThrownBy(() -> decoder.apply(newer)).isInstanceOfSatisfying(VarveException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.STORAGE);
            assertThat(e).hasMessageContaining("format 3");
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void rowsSortAsKeysAndThenNewestFirst(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            ObjectKey a = key(random);
            ObjectKey b = key(random);
            byte[] rowOfA = RowKeys.version(RowKeys.inKey(3, 8, a), 10);
            byte[] rowOfB = RowKeys.version(RowKeys.inKey(3, 8, b), 20);
            int order = a.equals(b) ? 1 : a.compareTo(b);
            assertThat(Integer.signum(Arrays.compareUnsigned(rowOfA, rowOfB))).isEqualTo(Integer.signum(order));
            assertThat(RowKeys.keyOf(rowOfA)).isEqualTo(a);
            assertThat(RowKeys.versionOf(rowOfA)).isEqualTo(10);
            ObjectKey.Prefix prefix = ObjectKey.Prefix.of(Arrays.copyOf(b.bytes(), random.nextInt(b.length() + 1)));
            byte[] encoded = RowKeys.withPrefix(3, 8, prefix.bytes());
            assertThat(RowKeys.startsWith(rowOfA, encoded)).isEqualTo(a.startsWith(prefix));
            boolean isBehind = Arrays.compareUnsigned(rowOfA, RowKeys.behind(encoded)) >= 0;
            assertThat(isBehind)
                    .isEqualTo(!a.startsWith(prefix)
                            && ObjectKey.Prefix.of(a.bytes()).compareTo(prefix) > 0);
        }
    }

    private static ObjectKey key(Random random) {
        byte[] bytes = new byte[random.nextInt(1, 5)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = new byte[] {0, 1, 2, 'a', (byte) 0xFE, (byte) 0xFF}[random.nextInt(6)];
        }
        return ObjectKey.of(bytes);
    }

    @Test
    void theHashOfASetDoesNotDependOnTheOrderAndFollowsChanges() {
        Random random = new Random(5);
        RowHash all = RowHash.NONE;
        List<RowHash> hashes = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            RowHash hash = new RowHash(random.nextLong(), random.nextLong());
            hashes.add(hash);
            all = all.plus(hash);
        }
        RowHash some = all;
        for (RowHash hash : hashes.subList(0, 600)) {
            some = some.minus(hash);
        }
        RowHash rest = RowHash.NONE;
        for (RowHash hash : hashes.subList(600, 1000).reversed()) {
            rest = rest.plus(hash);
        }
        assertThat(some).isEqualTo(rest).isNotEqualTo(all);
    }

    @Test
    void bucketsKeepTheirShards() {
        assertThat(List.of("first", "second", "media", "tables"))
                .extracting(MetaState::shardOf)
                .containsExactly(0, 5, 9, 13);
    }
}
