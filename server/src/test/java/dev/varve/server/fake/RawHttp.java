package dev.varve.server.fake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A socket on which bytes are sent as they are, and everything that comes back until the end is read. */
public final class RawHttp implements AutoCloseable {
    private static final int READ_TIMEOUT_MILLIS = 20_000;

    private final Socket socket;

    private RawHttp(Socket socket) {
        this.socket = socket;
    }

    public static RawHttp connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        return new RawHttp(socket);
    }

    /** A whole POST that asks for the connection to be closed after it. */
    public static String post(String path, String contentType, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + contentType
                + "\r\nContent-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    public RawHttp send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    public RawHttp send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Says that nothing more will be sent. */
    public RawHttp finish() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /**
     * Sends a request that may be refused before its end, and returns what came back: empty when the connection was
     * just closed.
     */
    public String exchange(byte[] request) throws IOException {
        try {
            send(request).finish();
        } catch (SocketException closed) {
            // Closed while sending; an answer may still be there to be read.
            return readAll();
        }
        try {
            return readAll();
        } catch (IOException hang) {
            throw new IOException("hangs: " + new String(request, StandardCharsets.ISO_8859_1), hang);
        }
    }

    /** Everything until the other side closes, gracefully or not. */
    public String readAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        InputStream in = socket.getInputStream();
        try {
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                all.write(piece, 0, count);
            }
        } catch (SocketException reset) {
            return all.toString(StandardCharsets.UTF_8);
        } catch (SocketTimeoutException hang) {
            throw new IOException("no end after " + all.toString(StandardCharsets.UTF_8), hang);
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    /** What comes first, up to so many bytes. */
    public String readSome(int most) throws IOException {
        byte[] piece = new byte[most];
        int count = socket.getInputStream().read(piece);
        return count < 0 ? "" : new String(piece, 0, count, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
