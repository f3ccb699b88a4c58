package dev.varve.server.s3;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The bytes of a PUT, with everything their sender said about them. */
final class PutBody implements Body {
    private static final int BUFFER_BYTES = 64 << 10;

    private final InputStream stream;
    private final @Nullable ChunkedStream chunked;
    private final @Nullable Sha256Stream hashed;
    private final Signing signing;
    private final Optional<Long> length;
    private final Optional<String> md5Hex;
    private final List<Checksum> announced;
    private final Optional<ChecksumAlgorithm> trailer;
    private final Set<ChecksumAlgorithm> algorithms = EnumSet.noneOf(ChecksumAlgorithm.class);

    private PutBody(
            InputStream stream,
            @Nullable ChunkedStream chunked,
            @Nullable Sha256Stream hashed,
            Signing signing,
            Optional<Long> length,
            Optional<String> md5Hex,
            List<Checksum> announced,
            Optional<ChecksumAlgorithm> trailer) {
        this.stream = stream;
        this.chunked = chunked;
        this.hashed = hashed;
        this.signing = signing;
        this.length = length;
        this.md5Hex = md5Hex;
        this.announced = announced;
        this.trailer = trailer;
        announced.forEach(checksum -> algorithms.add(checksum.algorithm()));
        trailer.ifPresent(algorithms::add);
    }

    /**
     * The body of a request.
     *
     * @param raw bytes as they come
     */
    static PutBody of(S3Request request, Signing signing, InputStream raw, long mostBytes) {
        return of(request, signing, raw, mostBytes, true);
    }

    private static PutBody of(
            S3Request request, Signing signing, InputStream raw, long mostBytes, boolean hasChecksums) {
        Optional<Long> length = signing.isChunked() ? Optional.of(decodedLength(request)) : request.contentLength();
        if (length.isEmpty() && request.values("transfer-encoding").isEmpty()) {
            throw new S3Exception(S3Code.MISSING_CONTENT_LENGTH, "You must provide the Content-Length HTTP header.");
        }
        if (length.isPresent() && length.get() > mostBytes) {
            throw tooLarge(mostBytes);
        }
        List<Checksum> announced = hasChecksums ? Checksums.of(request) : List.of();
        Optional<ChecksumAlgorithm> trailer = trailer(request, signing);
        if (announced.size() + (trailer.isPresent() ? 1 : 0) > 1) {
            throw new S3Exception(
                    S3Code.INVALID_REQUEST,
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
        }
        if (announced.stream().anyMatch(Checksum::isComposite)) {
            throw new S3Exception(S3Code.INVALID_REQUEST, "the checksum of a body is not one of parts");
        }
        Optional<ChecksumAlgorithm> named =
                request.header("x-amz-sdk-checksum-algorithm").map(Checksums::known);
        if (named.isPresent()) {
            ChecksumAlgorithm asked = named.get();
            boolean isGiven = announced.stream().allMatch(checksum -> checksum.algorithm() == asked)
                    && trailer.filter(given -> given != asked).isEmpty();
            if (!isGiven) {
                throw new S3Exception(
                        S3Code.INVALID_REQUEST,
                        "Value for x-amz-sdk-checksum-algorithm header is not that of the checksum sent.");
            }
        }
        Optional<String> md5Hex = request.header("content-md5").map(PutBody::md5Hex);
        InputStream stream = new Limited(raw, mostBytes);
        ChunkedStream chunked = null;
        if (signing.isChunked()) {
            Set<String> trailers = trailer.map(algorithm -> Set.of(Checksums.header(algorithm)))
                    .orElse(Set.of());
            chunked = new ChunkedStream(
                    new BufferedInputStream(raw, BUFFER_BYTES), length.orElseThrow(), signing, trailers);
            stream = chunked;
        }
        Sha256Stream hashed = signing.sha256().isPresent() ? new Sha256Stream(stream) : null;
        PutBody body = new PutBody(
                hashed == null ? stream : hashed, chunked, hashed, signing, length, md5Hex, announced, trailer);
        named.ifPresent(body.algorithms::add);
        return body;
    }

    private static S3Exception tooLarge(long mostBytes) {
        return new S3Exception(
                S3Code.ENTITY_TOO_LARGE,
                "Your proposed upload exceeds the maximum allowed size of " + mostBytes + " bytes.");
    }

    private static long decodedLength(S3Request request) {
        String text = request.header("x-amz-decoded-content-length")
                .orElseThrow(() -> new S3Exception(
                        S3Code.MISSING_CONTENT_LENGTH, "a chunked body needs x-amz-decoded-content-length"));
        try {
            long length = Long.parseLong(text);
            if (length >= 0) {
                return length;
            }
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument("x-amz-decoded-content-length is not a whole number");
        }
        throw S3Exception.invalidArgument("x-amz-decoded-content-length is negative");
    }

    private static Optional<ChecksumAlgorithm> trailer(S3Request request, Signing signing) {
        Optional<String> names = request.header("x-amz-trailer").filter(name -> !name.isEmpty());
        if (names.isEmpty()) {
            return Optional.empty();
        }
        if (!signing.hasTrailer()) {
            throw new S3Exception(S3Code.INVALID_REQUEST, "x-amz-trailer needs a body that is sent with a trailer");
        }
        String name = names.get().toLowerCase(Locale.ROOT);
        for (ChecksumAlgorithm algorithm : ChecksumAlgorithm.values()) {
            if (name.equals(Checksums.header(algorithm))) {
                return Optional.of(algorithm);
            }
        }
        throw new S3Exception(
                S3Code.INVALID_REQUEST, "The value specified in the x-amz-trailer header is not supported");
    }

    static String md5Hex(String base64) {
        try {
            byte[] md5 = Base64.getDecoder().decode(base64);
            if (md5.length == 16) {
                return HexFormat.of().formatHex(md5);
            }
        } catch (IllegalArgumentException e) {
            throw invalidMd5();
        }
        throw invalidMd5();
    }

    private static S3Exception invalidMd5() {
        return new S3Exception(S3Code.INVALID_DIGEST, "The Content-MD5 you specified is not valid.");
    }

    /** Has the store compute and keep a checksum that the sender did not give. */
    PutBody with(Optional<ChecksumAlgorithm> algorithm) {
        algorithm.ifPresent(algorithms::add);
        return this;
    }

    /** Whether the sender gave a digest of the bytes, of whatever kind. */
    boolean hasDigest() {
        return md5Hex.isPresent() || !algorithms.isEmpty();
    }

    /**
     * The whole of a small body, verified.
     *
     * @param hasChecksums whether checksums in headers are of the body
     */
    static byte[] small(S3Request request, Signing signing, InputStream raw, int mostBytes, boolean hasChecksums)
            throws IOException {
        PutBody body = of(request, signing, raw, mostBytes, hasChecksums);
        byte[] bytes = body.stream().readNBytes(mostBytes + 1);
        if (bytes.length > mostBytes) {
            throw tooLarge(mostBytes);
        }
        byte[] md5 = SignatureV4.digest("MD5").digest(bytes);
        body.verifySent(bytes.length, HexFormat.of().formatHex(md5));
        SmallChecksum.verify(body.expected(), bytes);
        return bytes;
    }

    @Override
    public InputStream stream() {
        return stream;
    }

    @Override
    public Set<ChecksumAlgorithm> algorithms() {
        return Set.copyOf(algorithms);
    }

    @Override
    public void verify(Digests digests) {
        verifySent(digests.length(), digests.md5Hex());
        for (Checksum checksum : expected()) {
            if (!digests.checksums().contains(checksum)) {
                throw new S3Exception(
                        S3Code.BAD_DIGEST,
                        "The " + checksum.algorithm() + " you specified did not match the calculated checksum.");
            }
        }
    }

    /** What headers and trailer say, after the last byte. */
    private List<Checksum> expected() {
        List<Checksum> expected = new ArrayList<>(announced);
        if (chunked != null) {
            trailer.ifPresent(algorithm -> expected.add(Checksums.parse(
                    algorithm,
                    chunked.trailer(Checksums.header(algorithm))
                            .orElseThrow(() -> new S3Exception(S3Code.MALFORMED_TRAILER, "the trailer is missing")))));
        }
        return expected;
    }

    private void verifySent(long bytes, String md5) {
        if (length.isPresent() && length.get() != bytes) {
            throw new S3Exception(
                    S3Code.INCOMPLETE_BODY,
                    "You did not provide the number of bytes specified by the Content-Length HTTP header.");
        }
        signing.sha256().ifPresent(expected -> {
            if (hashed != null && !SignatureV4.isSame(expected, hashed.hex())) {
                throw new S3Exception(
                        S3Code.SHA256_MISMATCH,
                        "The provided 'x-amz-content-sha256' header does not match what was computed.");
            }
        });
        if (md5Hex.isPresent() && !md5Hex.get().equals(md5)) {
            throw new S3Exception(S3Code.BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
        }
    }

    /** Computes the SHA-256 of what is read. */
    private static final class Sha256Stream extends FilterInputStream {
        private final MessageDigest digest = SignatureV4.digest("SHA-256");

        Sha256Stream(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = in.read(target, offset, length);
            if (count > 0) {
                digest.update(target, offset, count);
            }
            return count;
        }

        String hex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    /** Refuses bodies without an announced length that grow too large. */
    private static final class Limited extends FilterInputStream {
        private final long mostBytes;
        private long bytes;

        Limited(InputStream in, long mostBytes) {
            super(in);
            this.mostBytes = mostBytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = in.read(target, offset, length);
            bytes += Math.max(count, 0);
            if (bytes > mostBytes) {
                throw tooLarge(mostBytes);
            }
            return count;
        }
    }
}
