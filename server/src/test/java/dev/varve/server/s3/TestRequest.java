package dev.varve.server.s3;

import dev.varve.server.TestNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A request that is signed by {@link SlowSigner}, and may be spoilt afterwards. */
final class TestRequest {
    /** An id with its secret. */
    record Key(String id, String secret) {
        static final Key MAIN = new Key(S3TestNode.MAIN_KEY, S3TestNode.MAIN_SECRET);
        static final Key ALT = new Key(S3TestNode.ALT_KEY, S3TestNode.ALT_SECRET);
        static final Key NODE = new Key(TestNode.KEY_ID, TestNode.SECRET);
    }

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final String method;
    private final byte[] path;
    private final List<Query.Parameter> query = new ArrayList<>();
    private final Map<String, String> headers = new TreeMap<>();
    private final Map<String, String> unsigned = new TreeMap<>();
    private byte[] body = new byte[0];
    private Optional<Key> key = Optional.of(Key.MAIN);
    private Instant now = Instant.now();
    private Optional<String> payload = Optional.empty();

    private TestRequest(String method, byte[] path) {
        this.method = method;
        this.path = path;
        headers.put("host", "127.0.0.1");
    }

    /** Of a path that is not percent-coded. */
    static TestRequest of(String method, String path) {
        return new TestRequest(method, path.getBytes(StandardCharsets.UTF_8));
    }

    TestRequest query(String name, String value) {
        query.add(new Query.Parameter(name, value));
        return this;
    }

    TestRequest header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** A header that the signature does not cover. */
    TestRequest unsigned(String name, String value) {
        unsigned.put(name, value);
        return this;
    }

    TestRequest body(String text) {
        return body(text.getBytes(StandardCharsets.UTF_8));
    }

    TestRequest body(byte[] bytes) {
        body = bytes;
        return this;
    }

    TestRequest by(Key other) {
        key = Optional.of(other);
        return this;
    }

    TestRequest anonymous() {
        key = Optional.empty();
        return this;
    }

    TestRequest at(Instant time) {
        now = time;
        return this;
    }

    /** What {@code x-amz-content-sha256} says, if not the digest of the body. */
    TestRequest payload(String value) {
        payload = Optional.of(value);
        return this;
    }

    String time() {
        return TIME.format(now);
    }

    String date() {
        return time().substring(0, 8);
    }

    String scope() {
        return date() + "/" + S3TestNode.REGION + "/s3/aws4_request";
    }

    private String sign(String canonical, String secret) {
        String text = "AWS4-HMAC-SHA256\n" + time() + "\n" + scope() + "\n"
                + SlowSigner.hex(SlowSigner.sha256(canonical.getBytes(StandardCharsets.ISO_8859_1)));
        return SlowSigner.signature(secret, date(), S3TestNode.REGION, text);
    }

    /** Signs by header; gives back the signature. */
    String sign() {
        if (key.isEmpty()) {
            return "";
        }
        String hash = payload.orElseGet(() -> SlowSigner.hex(SlowSigner.sha256(body)));
        headers.put("x-amz-content-sha256", hash);
        headers.put("x-amz-date", time());
        headers.remove("authorization");
        Map<String, List<String>> values = new TreeMap<>();
        headers.forEach((name, value) -> values.put(name, List.of(value)));
        List<String> signed = List.copyOf(values.keySet());
        String signature = sign(
                SlowSigner.canonicalRequest(method, path, query, signed, values, hash),
                key.get().secret());
        unsigned.put(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=" + key.get().id() + "/" + scope() + ", SignedHeaders="
                        + String.join(";", signed) + ", Signature=" + signature);
        return signature;
    }

    /** Signs by parameters that hold for so many seconds. */
    TestRequest presign(long seconds) {
        Key by = key.orElseThrow();
        query("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
        query("X-Amz-Credential", by.id() + "/" + scope());
        query("X-Amz-Date", time());
        query("X-Amz-Expires", Long.toString(seconds));
        query("X-Amz-SignedHeaders", String.join(";", headers.keySet()));
        Map<String, List<String>> values = new TreeMap<>();
        headers.forEach((name, value) -> values.put(name, List.of(value)));
        String canonical = SlowSigner.canonicalRequest(
                method, path, query, List.copyOf(values.keySet()), values, "UNSIGNED-PAYLOAD");
        query("X-Amz-Signature", sign(canonical, by.secret()));
        key = Optional.empty();
        return this;
    }

    /** The request's bytes, signed unless it is presigned or anonymous. */
    byte[] bytes() {
        if (key.isPresent() && !unsigned.containsKey("authorization")) {
            sign();
        }
        String parameters = query.stream()
                .map(parameter ->
                        SlowSigner.uriEncode(parameter.name()) + "=" + SlowSigner.uriEncode(parameter.value()))
                .collect(Collectors.joining("&"));
        StringBuilder head = new StringBuilder(method + " " + SlowSigner.uriEncode(path, false)
                + (parameters.isEmpty() ? "" : "?" + parameters) + " HTTP/1.1\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        unsigned.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (!unsigned.containsKey("content-length") && !unsigned.containsKey("transfer-encoding")) {
            head.append("content-length: ").append(body.length).append("\r\n");
        }
        head.append("\r\n");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }

    RawHttp.Answer send(S3TestNode node) throws IOException {
        return send(node.port());
    }

    RawHttp.Answer send(int port) throws IOException {
        return RawHttp.send(port, bytes());
    }

    /** Makes the body one of signed chunks of these sizes; the trailer may be empty. */
    TestRequest chunked(byte[] content, List<Integer> sizes, String trailer) {
        header("x-amz-decoded-content-length", Integer.toString(content.length));
        payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + (trailer.isEmpty() ? "" : "-TRAILER"));
        if (!trailer.isEmpty()) {
            header("x-amz-trailer", trailer.substring(0, trailer.indexOf(':')));
        }
        String previous = sign();
        String secret = key.orElseThrow().secret();
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        int offset = 0;
        List<Integer> all = new ArrayList<>(sizes);
        all.add(0);
        for (int size : all) {
            byte[] chunk = Arrays.copyOfRange(content, offset, offset + size);
            offset += size;
            String text = String.join(
                    "\n",
                    "AWS4-HMAC-SHA256-PAYLOAD",
                    time(),
                    scope(),
                    previous,
                    SlowSigner.hex(SlowSigner.sha256(new byte[0])),
                    SlowSigner.hex(SlowSigner.sha256(chunk)));
            previous = SlowSigner.signature(secret, date(), S3TestNode.REGION, text);
            coded.writeBytes((Integer.toHexString(size) + ";chunk-signature=" + previous + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            coded.writeBytes(chunk);
            if (size > 0 || trailer.isEmpty()) {
                coded.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
        if (!trailer.isEmpty()) {
            String text = String.join(
                    "\n",
                    "AWS4-HMAC-SHA256-TRAILER",
                    time(),
                    scope(),
                    previous,
                    SlowSigner.hex(SlowSigner.sha256((trailer + "\n").getBytes(StandardCharsets.US_ASCII))));
            coded.writeBytes((trailer + "\r\nx-amz-trailer-signature:"
                            + SlowSigner.signature(secret, date(), S3TestNode.REGION, text) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        return body(coded.toByteArray());
    }

    byte[] body() {
        return body.clone();
    }
}
