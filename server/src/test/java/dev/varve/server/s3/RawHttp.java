package dev.varve.server.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** HTTP over a socket, byte for byte as a test wants it. */
final class RawHttp {
    /**
     * An answer; names of headers are in lower case.
     *
     * @param content the body, each byte a letter
     */
    record Answer(int status, Map<String, String> headers, String content) {
        byte[] bytes() {
            return content.getBytes(StandardCharsets.ISO_8859_1);
        }

        String body() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }

        /** The code of an error. */
        String code() {
            return text("Code");
        }

        /** The text of the first element of a name; empty without one. */
        String text(String element) {
            String body = body();
            int start = body.indexOf("<" + element + ">");
            int end = body.indexOf("</" + element + ">");
            return start < 0 || end < start ? "" : body.substring(start + element.length() + 2, end);
        }
    }

    private RawHttp() {}

    static Answer send(int port, byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request);
            socket.getOutputStream().flush();
            return read(socket.getInputStream(), request.length > 4 && request[0] == 'H' && request[1] == 'E');
        }
    }

    static Answer read(InputStream in, boolean isHead) throws IOException {
        String first = line(in);
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int status = Integer.parseInt(first.split(" ", -1)[1]);
        byte[] body = new byte[0];
        if (!isHead && status != 204 && status != 304 && status != 100) {
            if (headers.containsKey("content-length")) {
                int length = Integer.parseInt(headers.get("content-length"));
                body = in.readNBytes(length);
                if (body.length < length) {
                    throw new EOFException("the answer ends after " + body.length + " of " + length + " bytes");
                }
            } else {
                body = in.readAllBytes();
            }
        }
        return new Answer(status, headers, new String(body, StandardCharsets.ISO_8859_1));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("no answer");
            }
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }
}
