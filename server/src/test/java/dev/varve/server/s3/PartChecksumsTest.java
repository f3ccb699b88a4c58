package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Digester;
import dev.varve.blobstore.object.Upload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checksums of the parts that an object was put together from. */
class PartChecksumsTest {
    private static S3TestNode node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = S3TestNode.startLocal(directory, S3TestNode.config());
        node.objects().createBucket("parts", "main", BucketSettings.DEFAULT);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static byte[] part(int number) {
        byte[] bytes = new byte[(int) Upload.MIN_PART_BYTES + number];
        new Random(number).nextBytes(bytes);
        return bytes;
    }

    private static String checksum(ChecksumAlgorithm algorithm, byte[] bytes) {
        Checksum checksum = Digester.of(bytes, Set.of(algorithm)).checksums().getFirst();
        return Checksums.text(checksum);
    }

    private static RawHttp.Answer answer(TestRequest request, int status) throws IOException {
        RawHttp.Answer answer = request.send(node);
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        return answer;
    }

    @ParameterizedTest
    @CsvSource({"CRC32, COMPOSITE", "CRC32C, FULL_OBJECT", "CRC64NVME, FULL_OBJECT", "SHA256, COMPOSITE"})
    void arePartOfWhatIsToldOfTheObjectAndOfEachPart(ChecksumAlgorithm algorithm, String type) throws IOException {
        String path = "/parts/" + algorithm;
        String upload = answer(
                        TestRequest.of("POST", path)
                                .query("uploads", "")
                                .header("x-amz-checksum-algorithm", algorithm.name())
                                .header("x-amz-checksum-type", type),
                        200)
                .text("UploadId");
        StringBuilder parts = new StringBuilder();
        for (int number = 1; number <= 2; number++) {
            RawHttp.Answer put = answer(
                    TestRequest.of("PUT", path)
                            .query("partNumber", Integer.toString(number))
                            .query("uploadId", upload)
                            .body(part(number)),
                    200);
            parts.append("<Part><PartNumber>" + number + "</PartNumber><ETag>"
                    + put.header("etag").orElseThrow() + "</ETag></Part>");
        }
        String whole = answer(
                        TestRequest.of("POST", path)
                                .query("uploadId", upload)
                                .body("<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>"),
                        200)
                .text("Checksum" + algorithm);
        String header = Checksums.header(algorithm);
        for (int number = 1; number <= 2; number++) {
            RawHttp.Answer head = answer(
                    TestRequest.of("HEAD", path)
                            .query("partNumber", Integer.toString(number))
                            .header("x-amz-checksum-mode", "ENABLED"),
                    206);
            assertThat(head.header(header)).contains(checksum(algorithm, part(number)));
            assertThat(head.header("x-amz-checksum-type")).contains(type);
            assertThat(head.header("x-amz-mp-parts-count")).contains("2");
        }
        assertThat(answer(TestRequest.of("HEAD", path).header("x-amz-checksum-mode", "ENABLED"), 200)
                        .header(header))
                .contains(whole);
        assertThat(answer(TestRequest.of("HEAD", path).query("partNumber", "1"), 206)
                        .header(header))
                .isEmpty();
        answer(TestRequest.of("HEAD", path).query("partNumber", "3"), 400);
        String attributes = answer(
                        TestRequest.of("GET", path)
                                .query("attributes", "")
                                .header("x-amz-object-attributes", "Checksum,ObjectParts"),
                        200)
                .body();
        String element = "Checksum" + algorithm;
        assertThat(attributes)
                .contains("<" + element + ">" + whole + "</" + element + ">")
                .contains("<PartNumber>2</PartNumber><Size>" + part(2).length + "</Size><" + element + ">"
                        + checksum(algorithm, part(2)) + "</" + element + ">");
    }

    @Test
    void anObjectWrittenAtOnceIsItsOwnFirstPart() throws IOException {
        byte[] bytes = part(3);
        answer(
                TestRequest.of("PUT", "/parts/once")
                        .header("x-amz-checksum-crc32c", checksum(ChecksumAlgorithm.CRC32C, bytes))
                        .body(bytes),
                200);
        RawHttp.Answer head = answer(
                TestRequest.of("HEAD", "/parts/once").query("partNumber", "1").header("x-amz-checksum-mode", "ENABLED"),
                206);
        assertThat(head.header("x-amz-checksum-crc32c")).contains(checksum(ChecksumAlgorithm.CRC32C, bytes));
        assertThat(head.header("x-amz-mp-parts-count")).isEmpty();
    }
}
