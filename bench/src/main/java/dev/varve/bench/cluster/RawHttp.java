package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Locale;

/** One connection to one node, kept open: a thousand of them are a thousand clients. Used by one thread. */
final class RawHttp implements AutoCloseable {
    private static final int CONNECT_MILLIS = 1000;
    private static final int MOST_BYTES = 64 << 20;

    /** An answer that came whole. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int status, byte[] body) {}

    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;
    private final String host;

    RawHttp(String host, int port, int timeoutMillis) throws IOException {
        this.host = host + ":" + port;
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(timeoutMillis);
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream(), 8 << 10);
            out = socket.getOutputStream();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    String host() {
        return host;
    }

    /** @param headers each with its end of line, without Host and Content-Length */
    Answer exchange(String method, String path, String headers, byte[] body) throws IOException {
        String hostLine = headers.startsWith("Host:") ? "" : "Host: " + host + "\r\n";
        byte[] head = (method + " " + path + " HTTP/1.1\r\n" + hostLine + headers + "Content-Length: " + body.length
                        + "\r\n\r\n")
                .getBytes(ISO_8859_1);
        byte[] whole = new byte[head.length + body.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        out.write(whole);
        out.flush();
        return answer();
    }

    private Answer answer() throws IOException {
        String status = line();
        int code = Integer.parseInt(status.split(" ", 3)[1]);
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
        if (code == 204) {
            return new Answer(code, new byte[0]);
        }
        return new Answer(code, isChunked ? chunks() : bytes(length));
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(line().split(";", 2)[0].strip(), 16);
            all.writeBytes(bytes(size));
            line();
            if (size == 0) {
                return all.toByteArray();
            }
        }
    }

    private byte[] bytes(long length) throws IOException {
        if (length > MOST_BYTES) {
            throw new IOException("an answer of " + length + " bytes");
        }
        byte[] bytes = in.readNBytes((int) length);
        if (bytes.length < length) {
            throw new EOFException("cut short");
        }
        return bytes;
    }

    private String line() throws IOException {
        StringBuilder text = new StringBuilder();
        while (true) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("closed");
            }
            if (next == '\n') {
                text.setLength(Math.max(0, text.length() - 1));
                return text.toString();
            }
            text.append((char) next);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is given up in any case.
            Thread.onSpinWait();
        }
    }
}
