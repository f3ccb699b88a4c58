package dev.varve.blobstore.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DigesterTest {
    private static String hex(ChecksumAlgorithm algorithm, byte[] bytes) {
        return HexFormat.of()
                .formatHex(Digester.of(bytes, Set.of(algorithm))
                        .checksums()
                        .getFirst()
                        .bytes());
    }

    @Test
    void checkValuesArePublishedOnes() {
        byte[] bytes = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertThat(hex(ChecksumAlgorithm.CRC32, bytes)).isEqualTo("cbf43926");
        assertThat(hex(ChecksumAlgorithm.CRC32C, bytes)).isEqualTo("e3069283");
        assertThat(hex(ChecksumAlgorithm.CRC64NVME, bytes)).isEqualTo("ae8b14860a799888");
        assertThat(hex(ChecksumAlgorithm.SHA1, bytes)).isEqualTo("f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        assertThat(Digester.of(bytes, Set.of()).md5Hex()).isEqualTo("25f9e794323b453885f5181f1b624d0b");
    }

    @ParameterizedTest
    @EnumSource(
            value = ChecksumAlgorithm.class,
            names = {"CRC32", "CRC32C", "CRC64NVME"})
    void aWholeFollowsFromItsParts(ChecksumAlgorithm algorithm) {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            byte[] bytes = new byte[random.nextInt(5000)];
            random.nextBytes(bytes);
            int cut = random.nextInt(bytes.length + 1);
            Checksum first = Digester.of(Arrays.copyOf(bytes, cut), Set.of(algorithm))
                    .checksums()
                    .getFirst();
            Checksum second = Digester.of(Arrays.copyOfRange(bytes, cut, bytes.length), Set.of(algorithm))
                    .checksums()
                    .getFirst();
            assertThat(first.followedBy(second, bytes.length - cut))
                    .isEqualTo(Digester.of(bytes, Set.of(algorithm)).checksums().getFirst());
        }
    }

    @Test
    void piecesOfAnySizeGiveTheSameDigests() {
        byte[] bytes = new byte[10_000];
        new Random(3).nextBytes(bytes);
        Set<ChecksumAlgorithm> all = EnumSet.allOf(ChecksumAlgorithm.class);
        Digester digester = new Digester(all);
        Random random = new Random(4);
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(bytes.length - at, random.nextInt(40));
            digester.update(bytes, at, count);
            at += count;
        }
        assertThat(digester.finish()).isEqualTo(Digester.of(bytes, all));
    }
}
