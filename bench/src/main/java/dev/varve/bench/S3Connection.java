package dev.varve.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.varve.bench.s3.S3Key;
import dev.varve.bench.s3.S3Signer;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * One connection to an S3 server, kept open. Used by one thread.
 *
 * <p>It does so little that the server is measured and not the client: bodies go from a direct buffer to the socket and
 * from the socket into a direct buffer that is forgotten; nothing is hashed but what a signature needs.
 */
final class S3Connection implements AutoCloseable {
    private static final int HEAD_BYTES = 8 << 10;
    private static final int READ_BYTES = 1 << 20;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final S3Signer signer;
    private final ByteBuffer head = ByteBuffer.allocateDirect(HEAD_BYTES);
    private final ByteBuffer in = ByteBuffer.allocateDirect(READ_BYTES).limit(0);

    S3Connection(int port, S3Key key) throws IOException {
        this(port, key, 0);
    }

    /** @param receiveBytes of the socket's buffer; 0 for what the system gives */
    S3Connection(int port, S3Key key, int receiveBytes) throws IOException {
        channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        if (receiveBytes > 0) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBytes);
        }
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        signer = new S3Signer(key, "127.0.0.1:" + port);
    }

    SocketChannel channel() {
        return channel;
    }

    /** Gives a key, or a bucket, these bytes; the buffer stays as it is. */
    void put(String path, ByteBuffer body) throws IOException {
        put(path, body, S3Signer.UNSIGNED);
    }

    /** @param payload SHA-256 of the body in hex, or {@link S3Signer#UNSIGNED} */
    void put(String path, ByteBuffer body, String payload) throws IOException {
        exchange("PUT", path, "", body, payload, ignored -> {});
    }

    /** Reads an object to its end; returns its length. */
    long get(String path) throws IOException {
        return get(path, ignored -> {});
    }

    long get(String path, Consumer<ByteBuffer> sink) throws IOException {
        return exchange("GET", path, "", NOTHING, S3Signer.UNSIGNED, sink);
    }

    void delete(String path) throws IOException {
        exchange("DELETE", path, "", NOTHING, S3Signer.UNSIGNED, ignored -> {});
    }

    /** @param query in order of names, coded */
    String list(String bucket, String query) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        exchange("GET", bucket, query, NOTHING, S3Signer.UNSIGNED, bytes -> copy(bytes, text));
        return text.toString(ISO_8859_1);
    }

    private static void copy(ByteBuffer bytes, ByteArrayOutputStream out) {
        byte[] copied = new byte[bytes.remaining()];
        bytes.duplicate().get(copied);
        out.writeBytes(copied);
    }

    /** Sends the head of a request alone; what follows is the caller's. */
    void begin(String method, String path, long length) throws IOException {
        writeHead(method, path, "", length, S3Signer.UNSIGNED);
        write(head);
    }

    private void writeHead(String method, String path, String query, long length, String payload) {
        String text = method + " " + path + (query.isEmpty() ? "" : "?" + query) + " HTTP/1.1\r\n"
                + signer.headers(method, path, query, payload) + "Content-Length: " + length + "\r\n\r\n";
        head.clear().put(text.getBytes(ISO_8859_1)).flip();
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private long exchange(
            String method, String path, String query, ByteBuffer body, String payload, Consumer<ByteBuffer> sink)
            throws IOException {
        writeHead(method, path, query, body.remaining(), payload);
        ByteBuffer[] both = {head, body.duplicate()};
        while (both[0].hasRemaining() || both[1].hasRemaining()) {
            channel.write(both);
        }
        return answer(method + " " + path, sink);
    }

    private long answer(String what, Consumer<ByteBuffer> sink) throws IOException {
        String status = line();
        long length = 0;
        boolean isChunked = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(
                        lower.substring("content-length:".length()).strip());
            } else if (lower.startsWith("transfer-encoding:") && lower.contains("chunked")) {
                isChunked = true;
            }
        }
        if (!status.startsWith("HTTP/1.1 2")) {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            body(length, isChunked, bytes -> copy(bytes, text));
            throw new IllegalStateException(what + " was answered " + status + ": " + text.toString(ISO_8859_1));
        }
        return body(status.startsWith("HTTP/1.1 204") ? 0 : length, isChunked, sink);
    }

    private long body(long length, boolean isChunked, Consumer<ByteBuffer> sink) throws IOException {
        if (!isChunked) {
            read(length, sink);
            return length;
        }
        long total = 0;
        while (true) {
            String size = line();
            long chunk = Long.parseLong(size.split(";", 2)[0].strip(), 16);
            read(chunk, sink);
            String end = line();
            if (!end.isEmpty()) {
                throw new IOException("a chunk of the answer does not end: " + end);
            }
            total += chunk;
            if (chunk == 0) {
                return total;
            }
        }
    }

    private void read(long length, Consumer<ByteBuffer> sink) throws IOException {
        for (long left = length; left > 0; ) {
            more();
            int count = (int) Math.min(left, in.remaining());
            sink.accept(in.slice(in.position(), count));
            in.position(in.position() + count);
            left -= count;
        }
    }

    private String line() throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            more();
            char next = (char) (in.get() & 0xFF);
            if (next == '\n') {
                text.setLength(Math.max(0, text.length() - 1));
                return text.toString();
            }
            text.append(next);
        }
    }

    private void more() throws IOException {
        if (in.hasRemaining()) {
            return;
        }
        in.clear();
        int count;
        try {
            count = channel.read(in);
        } finally {
            in.flip();
        }
        if (count < 0) {
            throw new EOFException("the server closed the connection");
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Hangs up, whatever the server thinks of it. */
    void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }
}
