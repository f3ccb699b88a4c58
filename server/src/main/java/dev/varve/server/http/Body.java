package dev.varve.server.http;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.patience.Patience;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RequestTooBigException;
import io.undertow.util.Headers;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as a stream that counts: neither it nor what it unpacks to exceeds the limit, and it remembers why
 * reading failed, however the reader wrapped that.
 */
final class Body extends InputStream {
    /** Deflate cannot do better than 1,032; rows worth sending stay far below this. */
    private static final long MOST_EXPANSION = 500;

    private static final long FREE_BYTES = 1 << 20;

    private final InputStream unpacked;
    private final Counting raw;
    private final long mostBytes;
    private long bytes;
    private @Nullable Throwable failure;

    private Body(InputStream unpacked, Counting raw, long mostBytes) {
        this.unpacked = unpacked;
        this.raw = raw;
        this.mostBytes = mostBytes;
    }

    static Body of(HttpServerExchange exchange, long mostBytes, Patience.Wait wait) {
        String encoding = exchange.getRequestHeaders().getFirst(Headers.CONTENT_ENCODING);
        long declared = exchange.getRequestContentLength();
        if (declared > mostBytes) {
            throw tooLarge("the body has " + declared + " bytes", mostBytes);
        }
        exchange.setMaxEntitySize(mostBytes);
        exchange.startBlocking();
        Counting raw = new Counting(wait.in(exchange.getInputStream()));
        return switch (encoding == null ? "identity" : encoding.strip().toLowerCase(Locale.ROOT)) {
            case "identity", "" -> new Body(raw, raw, mostBytes);
            case "gzip", "x-gzip" -> new Body(new Gunzip(raw), raw, mostBytes);
            default ->
                throw new Refusal(
                        415,
                        new VarveException(
                                        ErrorCode.BAD_REQUEST,
                                        "Content-Encoding '" + Call.shortened(String.valueOf(encoding))
                                                + "' is not known")
                                .withHint("use " + String.join(" or ", List.of("gzip", "identity"))));
        };
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            int count = unpacked.read(target, offset, length);
            if (count > 0) {
                bytes += count;
                check();
            }
            return count;
        } catch (IOException | VarveException e) {
            failure = e;
            throw e;
        }
    }

    private void check() {
        if (bytes > mostBytes) {
            throw tooLarge("the body unpacks to more", mostBytes);
        }
        if (bytes > FREE_BYTES && bytes / MOST_EXPANSION > raw.count) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE, "the body unpacks to more than " + MOST_EXPANSION + " times its size");
        }
    }

    /** What to tell the client: why reading the body failed, if that is why the reader failed. */
    Throwable explain(Throwable thrown) {
        return switch (failure == null ? thrown : failure) {
            case RequestTooBigException ignored -> tooLarge("the body is larger", mostBytes);
            case ZipException e ->
                new VarveException(ErrorCode.BAD_REQUEST, "the body is not valid gzip: " + e.getMessage(), e);
            case EOFException e
            when unpacked != raw -> new VarveException(ErrorCode.BAD_REQUEST, "the gzip body ends too early", e);
            case Throwable other -> other;
        };
    }

    private static VarveException tooLarge(String what, long mostBytes) {
        return new VarveException(ErrorCode.TOO_LARGE, what + "; at most " + mostBytes + " bytes are taken")
                .withHint("send it in parts");
    }

    @Override
    public void close() throws IOException {
        unpacked.close();
    }

    /** Opens the gzip header only when the first byte is asked for, so that its errors are errors of reading. */
    private static final class Gunzip extends InputStream {
        private final InputStream packed;
        private @Nullable InputStream stream;

        Gunzip(InputStream packed) {
            this.packed = packed;
        }

        private InputStream stream() throws IOException {
            InputStream opened = stream;
            if (opened == null) {
                opened = new GZIPInputStream(packed, 32 * 1024);
                stream = opened;
            }
            return opened;
        }

        @Override
        public int read() throws IOException {
            return stream().read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return stream().read(target, offset, length);
        }

        @Override
        public void close() throws IOException {
            packed.close();
        }
    }

    private static final class Counting extends FilterInputStream {
        private long count;

        Counting(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            count += one < 0 ? 0 : 1;
            return one;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = super.read(target, offset, length);
            count += Math.max(read, 0);
            return read;
        }
    }
}
