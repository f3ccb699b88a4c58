package dev.varve.server.s3;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A body in {@code aws-chunked} coding: chunks of announced length, each signed with the signature of the one before it,
 * then an optional trailer of headers.
 *
 * <p>Bytes are given out before their chunk's signature is checked; the reader must not let them take effect before it
 * has met the end of the stream. Ends only after the coding has ended as it must, with as many bytes as were announced.
 */
final class ChunkedStream extends InputStream {
    private static final int MOST_LINE = 1024;
    private static final int MOST_TRAILERS = 10;
    private static final int MOST_CHUNK_DIGITS = 12;

    private final InputStream in;
    private final long announced;
    private final Signing signing;
    private final Set<String> expectedTrailers;
    private final Map<String, String> trailers = new LinkedHashMap<>();
    private final MessageDigest sha256 = SignatureV4.digest("SHA-256");
    private String previousSignature;
    private String chunkSignature = "";
    private long total;
    private long left;
    private boolean isInChunk;
    private boolean isOver;

    /**
     * @param announced bytes that all chunks have together
     * @param expectedTrailers lower-case names of the headers that must follow
     */
    ChunkedStream(InputStream in, long announced, Signing signing, Set<String> expectedTrailers) {
        this.in = in;
        this.announced = announced;
        this.signing = signing;
        this.expectedTrailers = Set.copyOf(expectedTrailers);
        this.previousSignature = signing.seed().map(Signing.Seed::signature).orElse("");
    }

    /** A header of the trailer; only after the end of the stream. */
    Optional<String> trailer(String name) {
        return Optional.ofNullable(trailers.get(name));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (left == 0) {
            if (isOver) {
                return -1;
            }
            if (isInChunk) {
                endChunk();
            } else {
                beginChunk();
            }
        }
        int count = in.read(target, offset, (int) Math.min(left, length));
        if (count < 0) {
            throw new EOFException("the body ends inside a chunk");
        }
        left -= count;
        if (signing.hasSignedChunks()) {
            sha256.update(target, offset, count);
        }
        return count;
    }

    private void beginChunk() throws IOException {
        String line = line();
        int semicolon = line.indexOf(';');
        String size = semicolon < 0 ? line : line.substring(0, semicolon);
        chunkSignature = "";
        if (semicolon >= 0) {
            String extension = line.substring(semicolon + 1);
            if (!extension.startsWith("chunk-signature=")) {
                throw malformed("a chunk has an unknown extension");
            }
            chunkSignature = extension.substring("chunk-signature=".length());
        }
        if (size.isEmpty() || size.length() > MOST_CHUNK_DIGITS || !size.chars().allMatch(HexFormat::isHexDigit)) {
            throw malformed("the length of a chunk is not a hexadecimal number");
        }
        left = Long.parseLong(size, 16);
        total += left;
        if (total > announced) {
            throw malformed("the chunks have more bytes than x-amz-decoded-content-length says");
        }
        isInChunk = true;
        if (left == 0) {
            end();
        }
    }

    private void endChunk() throws IOException {
        if (in.read() != '\r' || in.read() != '\n') {
            throw malformed("a chunk is not followed by an end of line");
        }
        verifyChunk();
        isInChunk = false;
    }

    private void end() throws IOException {
        verifyChunk();
        if (signing.hasTrailer()) {
            readTrailer();
        } else if (!line().isEmpty()) {
            throw malformed("the last chunk is not empty");
        }
        if (in.read() >= 0) {
            throw malformed("there are bytes behind the last chunk");
        }
        if (total != announced) {
            throw new S3Exception(
                    S3Code.INCOMPLETE_BODY,
                    "the chunks have " + total + " bytes, and " + announced + " were announced");
        }
        isOver = true;
    }

    private void verifyChunk() {
        if (!signing.hasSignedChunks()) {
            return;
        }
        Signing.Seed seed = signing.seed().orElseThrow();
        String expected = seed.key()
                .sign("AWS4-HMAC-SHA256-PAYLOAD\n" + seed.time() + "\n" + seed.scope() + "\n" + previousSignature + "\n"
                        + SignatureV4.EMPTY_SHA256 + "\n" + HexFormat.of().formatHex(sha256.digest()));
        if (!SignatureV4.isSame(expected, chunkSignature)) {
            throw new S3Exception(S3Code.SIGNATURE_MISMATCH, "the signature of a chunk does not match");
        }
        previousSignature = expected;
    }

    private void readTrailer() throws IOException {
        StringBuilder canonical = new StringBuilder();
        String signature = null;
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 1 || signature != null || trailers.size() == MOST_TRAILERS) {
                throw new S3Exception(S3Code.MALFORMED_TRAILER, "the trailer is not made of name:value lines");
            }
            String name = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
            String value = line.substring(colon + 1).strip();
            if (name.equals("x-amz-trailer-signature")) {
                signature = value;
            } else if (!expectedTrailers.contains(name) || trailers.put(name, value) != null) {
                throw new S3Exception(S3Code.MALFORMED_TRAILER, "the trailer has a header that was not announced");
            } else {
                canonical.append(name).append(':').append(value).append('\n');
            }
        }
        if (!trailers.keySet().equals(expectedTrailers)) {
            throw new S3Exception(S3Code.MALFORMED_TRAILER, "the trailer lacks a header that was announced");
        }
        if (signing.hasSignedChunks()) {
            verifyTrailer(canonical.toString(), signature == null ? "" : signature);
        }
    }

    private void verifyTrailer(String canonical, String signature) {
        Signing.Seed seed = signing.seed().orElseThrow();
        String expected = seed.key()
                .sign("AWS4-HMAC-SHA256-TRAILER\n" + seed.time() + "\n" + seed.scope() + "\n" + previousSignature + "\n"
                        + SignatureV4.sha256Hex(canonical.getBytes(StandardCharsets.ISO_8859_1)));
        if (!SignatureV4.isSame(expected, signature)) {
            throw new S3Exception(S3Code.SIGNATURE_MISMATCH, "the signature of the trailer does not match");
        }
    }

    /** A line without its end; nothing more is read than that. The last one of all may end with the body. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next == '\r') {
                if (in.read() != '\n') {
                    throw malformed("a line of the coding has a lone carriage return");
                }
                return line.toString();
            }
            if (next < 0) {
                throw new EOFException("the body ends inside its coding");
            }
            if (next == '\n' || line.length() == MOST_LINE) {
                throw malformed("a line of the coding is too long or ends wrong");
            }
            line.append((char) next);
        }
    }

    private static S3Exception malformed(String message) {
        return new S3Exception(S3Code.INVALID_REQUEST, "the body is not in aws-chunked coding: " + message);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
