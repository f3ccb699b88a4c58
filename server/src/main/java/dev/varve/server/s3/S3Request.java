package dev.varve.server.s3;

import dev.varve.blobstore.object.ObjectKey;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a client asks: method, bucket, key, parameters, headers.
 *
 * <p>Characters of header values are bytes, as they came.
 */
final class S3Request {
    private final HttpServerExchange exchange;
    private final byte[] path;
    private final Query query;
    private final Optional<String> bucket;
    private final Optional<ObjectKey> key;

    private S3Request(
            HttpServerExchange exchange, byte[] path, Query query, Optional<String> bucket, Optional<ObjectKey> key) {
        this.exchange = exchange;
        this.path = path;
        this.query = query;
        this.bucket = bucket;
        this.key = key;
    }

    static S3Request of(HttpServerExchange exchange, Optional<String> domain) {
        String uri = exchange.getRequestURI();
        if (exchange.isHostIncludedInRequestURI()) {
            int slash = uri.indexOf('/', uri.indexOf("://") + 3);
            uri = slash < 0 ? "/" : uri.substring(slash);
        }
        if (!uri.startsWith("/")) {
            throw new S3Exception(S3Code.INVALID_URI, "the path does not begin with a slash");
        }
        byte[] path = PercentCoding.decode(uri);
        // Only to refuse what is not UTF-8.
        String rest = PercentCoding.text(path).substring(1);
        Optional<String> bucket = domain.flatMap(base -> hostBucket(exchange.getHostName(), base));
        if (bucket.isEmpty() && !rest.isEmpty()) {
            int slash = rest.indexOf('/');
            bucket = Optional.of(slash < 0 ? rest : rest.substring(0, slash));
            rest = slash < 0 ? "" : rest.substring(slash + 1);
        }
        byte[] key = rest.getBytes(StandardCharsets.UTF_8);
        if (key.length > ObjectKey.MAX_BYTES) {
            throw new S3Exception(S3Code.KEY_TOO_LONG, "a key has at most " + ObjectKey.MAX_BYTES + " bytes");
        }
        return new S3Request(
                exchange,
                path,
                Query.of(exchange.getQueryString()),
                bucket,
                key.length == 0 ? Optional.empty() : Optional.of(ObjectKey.of(key)));
    }

    private static Optional<String> hostBucket(String host, String domain) {
        String lower = host == null ? "" : host.toLowerCase(Locale.ROOT);
        return lower.endsWith("." + domain)
                ? Optional.of(lower.substring(0, lower.length() - domain.length() - 1))
                : Optional.empty();
    }

    HttpServerExchange exchange() {
        return exchange;
    }

    String method() {
        return exchange.getRequestMethod().toString();
    }

    /** The decoded path, as it was sent. */
    byte[] path() {
        return path.clone();
    }

    Query query() {
        return query;
    }

    Optional<String> bucket() {
        return bucket;
    }

    Optional<ObjectKey> key() {
        return key;
    }

    /** Whether the signature is in the URI. */
    boolean isPresigned() {
        return query.findHeader("x-amz-algorithm").isPresent();
    }

    /** A header's only value; in presigned requests parameters stand for {@code x-amz-} headers. */
    Optional<String> header(String name) {
        HeaderValues values = exchange.getRequestHeaders().get(name);
        if (values != null && values.size() > 1) {
            throw S3Exception.invalidArgument("the header " + name + " is given twice");
        }
        if (values != null && !values.isEmpty()) {
            return Optional.of(values.getFirst().strip());
        }
        return name.startsWith("x-amz-") && isPresigned() ? query.findHeader(name) : Optional.empty();
    }

    boolean isOn(String header) {
        return header(header).filter("true"::equalsIgnoreCase).isPresent();
    }

    /** All values of a header as they came; the name in lower case. */
    List<String> values(String name) {
        HeaderValues values = exchange.getRequestHeaders().get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    /** Names of all headers in lower case, with their values. */
    Map<String, List<String>> headers() {
        Map<String, List<String>> headers = new TreeMap<>();
        HeaderMap map = exchange.getRequestHeaders();
        for (HttpString name : map.getHeaderNames()) {
            headers.computeIfAbsent(name.toString().toLowerCase(Locale.ROOT), ignored -> new ArrayList<>())
                    .addAll(map.get(name));
        }
        return headers;
    }

    /** Headers whose name begins so, parameters of presigned requests among them; without the prefix. */
    Map<String, String> headersUnder(String prefix) {
        Map<String, String> found = new TreeMap<>();
        if (isPresigned()) {
            query.all().stream()
                    .filter(parameter ->
                            parameter.name().toLowerCase(Locale.ROOT).startsWith(prefix))
                    .forEach(parameter -> found.put(
                            parameter.name().toLowerCase(Locale.ROOT).substring(prefix.length()), parameter.value()));
        }
        headers().forEach((name, values) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), text(String.join(",", values)));
            }
        });
        return found;
    }

    /** A header's bytes as UTF-8, or as they are if they are not that. */
    private static String text(String bytes) {
        byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
        String text = new String(raw, StandardCharsets.UTF_8);
        return text.indexOf('\uFFFD') < 0 ? text : bytes;
    }

    /** Bytes of the body as announced, or empty if the client does not say. */
    Optional<Long> contentLength() {
        try {
            long length = exchange.getRequestContentLength();
            return length < 0 ? Optional.empty() : Optional.of(length);
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument("Content-Length is not a number of bytes");
        }
    }
}
