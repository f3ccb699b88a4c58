package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The coding of chunks against AWS's example and under random damage. */
class ChunkedStreamTest {
    private static final String CRC32 = "x-amz-checksum-crc32";

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static ChunkedStream unsigned(byte[] coded, long announced, Set<String> trailers) {
        return new ChunkedStream(
                new ByteArrayInputStream(coded),
                announced,
                new Signing(Signing.UNSIGNED_CHUNKS_WITH_TRAILER, Optional.empty()),
                trailers);
    }

    @Test
    void theExampleThatAwsPublishesIsTaken() throws IOException {
        SignatureV4.Scope scope = new SignatureV4.Scope("20130524", "us-east-1", "s3");
        Signing.Seed seed = new Signing.Seed(
                SignatureV4.signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope),
                "20130524T000000Z",
                scope,
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
        byte[] content = new byte[66_560];
        Arrays.fill(content, (byte) 'a');
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        coded.writeBytes(
                ascii("10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"));
        coded.write(content, 0, 65_536);
        coded.writeBytes(
                ascii("\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"));
        coded.write(content, 0, 1024);
        coded.writeBytes(ascii(
                "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"));
        Signing signing = new Signing(Signing.CHUNKS, Optional.of(seed));
        ChunkedStream stream =
                new ChunkedStream(new ByteArrayInputStream(coded.toByteArray()), content.length, signing, Set.of());
        assertThat(stream.readAllBytes()).isEqualTo(content);
    }

    @Test
    void trailersComeAfterTheLastChunk() throws IOException {
        ChunkedStream stream =
                unsigned(ascii("5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n"), 5, Set.of(CRC32));
        assertThat(stream.readAllBytes()).isEqualTo(ascii("hello"));
        assertThat(stream.trailer(CRC32)).contains("NhCmhg==");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5",
                "5\r\n",
                "5\r\nhel",
                "5\r\nhello",
                "5\r\nhello\r\n",
                "5\r\nhello\r\n0\r\n",
                "5\r\nhello\r\n0\r\n\r\n",
                "5\nhello\n0\n\n",
                "-5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "+5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "0x5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "5 \r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "5;x=y\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "ffffffffffffffff\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "8000000000000000\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "5\r\nhelloXX0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                "5\r\nhello\r\n0\r\nx-other:x\r\n\r\n",
                "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\nx-amz-checksum-crc32:y\r\n\r\n",
                "5\r\nhello\r\n0\r\nx-amz-checksum-crc32\r\n\r\n",
                "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\nmore",
            })
    void whatIsNotTheCodingIsRefused(String coded) {
        assertThatThrownBy(() -> unsigned(ascii(coded), 5, Set.of(CRC32)).readAllBytes())
                .isInstanceOfAny(S3Exception.class, IOException.class);
    }

    /** Random damage never yields other bytes than those announced, nor anything but a refusal. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedCodingIsRefusedOrHarmless(long given) {
        long seed = Long.getLong("varve.seed", given);
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            byte[] content = new byte[random.nextInt(200)];
            random.nextBytes(content);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int offset = 0; offset < content.length; ) {
                int size = Math.min(content.length - offset, 1 + random.nextInt(60));
                out.writeBytes(ascii(Integer.toHexString(size) + "\r\n"));
                out.write(content, offset, size);
                out.writeBytes(ascii("\r\n"));
                offset += size;
            }
            out.writeBytes(ascii("0\r\n" + CRC32 + ":AAAAAA==\r\n\r\n"));
            byte[] coded = out.toByteArray();
            int damages = random.nextInt(3);
            for (int i = 0; i < damages; i++) {
                coded = damage(coded, random);
            }
            try {
                byte[] read = unsigned(coded, content.length, Set.of(CRC32)).readAllBytes();
                assertThat(read).as("round " + round).hasSize(content.length);
                if (damages == 0) {
                    assertThat(read).isEqualTo(content);
                }
            } catch (S3Exception | IOException refused) {
                assertThat(damages).as("round " + round + ": " + refused).isPositive();
            }
        }
    }

    private static byte[] damage(byte[] bytes, Random random) {
        if (bytes.length == 0) {
            return bytes;
        }
        int place = random.nextInt(bytes.length);
        return switch (random.nextInt(3)) {
            case 0 -> {
                byte[] changed = bytes.clone();
                changed[place] = (byte) random.nextInt(256);
                yield changed;
            }
            case 1 -> Arrays.copyOf(bytes, place);
            default -> {
                byte[] longer = new byte[bytes.length + 1];
                System.arraycopy(bytes, 0, longer, 0, place);
                longer[place] = (byte) "0;\r\n5af".charAt(random.nextInt(7));
                System.arraycopy(bytes, place, longer, place + 1, bytes.length - place);
                yield longer;
            }
        };
    }
}
