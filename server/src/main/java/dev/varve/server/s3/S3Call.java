package dev.varve.server.s3;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.server.patience.Patience;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSinkChannel;

/** One request, by whom it was made, and the answer to it; one thread at a time. */
final class S3Call {
    private static final int MOST_XML_BYTES = 2 << 20;

    private final S3Request request;
    private final Operation operation;
    private final Caller caller;
    private final Signing signing;
    private final Optional<Bucket> bucket;
    private final Patience.Wait wait;
    private final S3Config config;

    S3Call(
            S3Request request,
            Operation operation,
            Caller caller,
            Signing signing,
            Optional<Bucket> bucket,
            Patience.Wait wait,
            S3Config config) {
        this.request = request;
        this.operation = operation;
        this.caller = caller;
        this.signing = signing;
        this.bucket = bucket;
        this.wait = wait;
        this.config = config;
    }

    S3Request request() {
        return request;
    }

    Operation operation() {
        return operation;
    }

    Caller caller() {
        return caller;
    }

    /** The bucket that the caller was admitted to. */
    Bucket bucket() {
        return bucket.orElseThrow();
    }

    String bucketName() {
        return request.bucket().orElseThrow();
    }

    ObjectKey key() {
        return request.key().orElseThrow();
    }

    /** The version that is asked for; empty for the current one. */
    Optional<String> versionId() {
        Optional<String> version = request.query().find("versionId");
        if (version.filter(String::isEmpty).isPresent()) {
            throw S3Exception.invalidArgument("Version id cannot be the empty string");
        }
        return version;
    }

    /** The body of an object or a part. */
    PutBody body() {
        return PutBody.of(request, signing, rawBody(config.maxObjectBytes()), config.maxObjectBytes());
    }

    /** The body as XML with this root. */
    XmlElement xmlBody(String root) throws IOException {
        return XmlElement.parse(smallBody(), root);
    }

    /** The body that completes an upload, in whose request checksums are not of the body but of the object. */
    XmlElement xmlOfParts() throws IOException {
        byte[] bytes = PutBody.small(request, signing, rawBody(MOST_XML_BYTES), MOST_XML_BYTES, false);
        return XmlElement.parse(bytes, "CompleteMultipartUpload");
    }

    private byte[] smallBody() throws IOException {
        return PutBody.small(request, signing, rawBody(MOST_XML_BYTES), MOST_XML_BYTES, true);
    }

    /** Whether there is a body at all. */
    boolean hasBody() {
        return request.contentLength()
                .map(length -> length > 0)
                .orElse(!request.values("transfer-encoding").isEmpty());
    }

    private InputStream rawBody(long mostBytes) {
        HttpServerExchange exchange = request.exchange();
        exchange.setMaxEntitySize(S3Config.maxEntityBytes(mostBytes));
        if (!exchange.isBlocking()) {
            exchange.startBlocking();
        }
        return wait.in(exchange.getInputStream());
    }

    void header(String name, String value) {
        header(request.exchange(), name, value);
    }

    /** Text goes out in UTF-8; nothing in it can end the header. */
    static void header(HttpServerExchange exchange, String name, String value) {
        StringBuilder bytes = new StringBuilder(value.length());
        for (byte one : value.getBytes(StandardCharsets.UTF_8)) {
            char next = (char) (one & 0xFF);
            bytes.append(next < ' ' && next != '\t' ? ' ' : next);
        }
        HeaderMap headers = exchange.getResponseHeaders();
        headers.put(new HttpString(name), bytes.toString());
    }

    void xml(byte[] xml) {
        xml(200, xml);
    }

    void xml(int status, byte[] xml) {
        header("Content-Type", "application/xml");
        send(request.exchange(), wait, status, xml);
    }

    static void send(HttpServerExchange exchange, Patience.Wait wait, int status, byte[] bytes) {
        exchange.setStatusCode(status);
        exchange.setResponseContentLength(bytes.length);
        if (exchange.getRequestMethod().toString().equals("HEAD")) {
            wait.ending(exchange::endExchange);
        } else {
            wait.ending(() -> exchange.getResponseSender().send(ByteBuffer.wrap(bytes)));
        }
    }

    void empty(int status) {
        request.exchange().setStatusCode(status);
        wait.ending(request.exchange()::endExchange);
    }

    /** Ends the answer to a HEAD of something that has this many bytes. */
    void headOnly(int status, long length) {
        request.exchange().getResponseHeaders().put(Headers.CONTENT_LENGTH, Long.toString(length));
        empty(status);
    }

    /** The body of an answer that has exactly so many bytes; nothing is sent before its first bytes. */
    Sink sink(int status, long length) {
        return new Sink(status, length);
    }

    /** Takes as much as the client does, so that nobody has to hold bytes while a slow one is waited for. */
    final class Sink {
        private final int status;
        private final long length;
        private @Nullable StreamSinkChannel channel;
        private long sinceWait;

        private Sink(int status, long length) {
            this.status = status;
            this.length = length;
        }

        private StreamSinkChannel channel() {
            StreamSinkChannel now = channel;
            if (now == null) {
                HttpServerExchange exchange = request.exchange();
                exchange.setStatusCode(status);
                exchange.setResponseContentLength(length);
                now = exchange.getResponseChannel();
                channel = now;
            }
            return now;
        }

        /** Sends what the client takes now; the rest remains in the buffer. */
        void offer(ByteBuffer bytes) throws IOException {
            StreamSinkChannel out = channel();
            int count = 1;
            while (count > 0 && bytes.hasRemaining()) {
                count = out.write(bytes);
                sinceWait += count;
            }
        }

        /** Waits until the client takes more. */
        void await() throws IOException {
            wait.writable(channel(), sinceWait);
            sinceWait = 0;
        }

        /** Ends the answer after its last byte. */
        void end() throws IOException {
            channel().shutdownWrites();
            while (!channel().flush()) {
                await();
            }
        }
    }
}
