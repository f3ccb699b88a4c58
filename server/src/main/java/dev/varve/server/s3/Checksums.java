package dev.varve.server.s3;

import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How checksums are written in headers and XML. */
final class Checksums {
    private Checksums() {}

    /** {@code x-amz-checksum-crc32} and the like. */
    static String header(ChecksumAlgorithm algorithm) {
        return "x-amz-checksum-" + algorithm.name().toLowerCase(Locale.ROOT);
    }

    /** {@code ChecksumCRC32} and the like. */
    static String element(ChecksumAlgorithm algorithm) {
        return "Checksum" + algorithm.name();
    }

    static Optional<ChecksumAlgorithm> algorithm(String name) {
        for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
            if (algorithm.name().equalsIgnoreCase(name)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    static ChecksumAlgorithm known(String name) {
        return algorithm(name)
                .orElseThrow(() -> new S3Exception(
                        S3Code.INVALID_REQUEST,
                        "Checksum algorithm provided is unsupported. Please try again with any of the valid types:"
                                + " [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"));
    }

    /** The Base64 of the value; of parts, with their number. */
    static String text(Checksum checksum) {
        String base64 = Base64.getEncoder().encodeToString(checksum.bytes());
        return checksum.isComposite() ? base64 + "-" + checksum.parts() : base64;
    }

    /** {@code FULL_OBJECT} or {@code COMPOSITE}. */
    static String type(Checksum checksum) {
        return checksum.isComposite() ? "COMPOSITE" : "FULL_OBJECT";
    }

    /** Reads a value as {@link #text} writes it. */
    static Checksum parse(ChecksumAlgorithm algorithm, String text) {
        int dash = text.indexOf('-');
        try {
            int parts = dash < 0 ? 0 : Integer.parseInt(text.substring(dash + 1));
            byte[] value = Base64.getDecoder().decode(dash < 0 ? text : text.substring(0, dash));
            if (value.length == algorithm.bytes() && parts >= 0) {
                return new Checksum(algorithm, ByteBuffer.wrap(value), parts);
            }
        } catch (IllegalArgumentException e) {
            throw invalid(algorithm);
        }
        throw invalid(algorithm);
    }

    private static S3Exception invalid(ChecksumAlgorithm algorithm) {
        return new S3Exception(S3Code.BAD_DIGEST, "Value for " + header(algorithm) + " header is invalid.");
    }

    /** Checksums that a request's headers give. */
    static List<Checksum> of(S3Request request) {
        List<Checksum> found = new ArrayList<>();
        for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
            request.header(header(algorithm)).ifPresent(text -> found.add(parse(algorithm, text)));
        }
        return found;
    }

    /** Checksums that an element's children give. */
    static List<Checksum> of(XmlElement element) {
        List<Checksum> found = new ArrayList<>();
        for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
            element.text(element(algorithm)).ifPresent(text -> found.add(parse(algorithm, text)));
        }
        return found;
    }

    static void write(XmlText xml, List<Checksum> checksums) {
        checksums.forEach(checksum -> xml.text(element(checksum.algorithm()), text(checksum)));
    }
}
