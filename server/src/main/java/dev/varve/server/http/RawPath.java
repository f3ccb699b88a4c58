package dev.varve.server.http;

import dev.varve.blobstore.object.ObjectKey;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Object keys in paths: bytes, percent-encoded; a slash may stand as it is or as {@code %2F}. */
final class RawPath {
    private RawPath() {}

    /** The key that begins behind so many slashes of the request's path as it was sent. */
    static ObjectKey key(HttpServerExchange exchange, int slashes, String suffix) {
        String path = exchange.getRequestURI();
        if (exchange.isHostIncludedInRequestURI()) {
            path = path.substring(Math.max(0, path.indexOf('/', path.indexOf("//") + 2)));
        }
        int at = 0;
        for (int i = 0; i < slashes && at >= 0; i++) {
            at = path.indexOf('/', at) + 1;
        }
        String tail = path.substring(at);
        return ObjectKey.of(decoded(tail.substring(0, tail.length() - suffix.length())));
    }

    static byte[] decoded(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                boolean isWhole = i + 3 <= encoded.length();
                int high = isWhole ? Character.digit(encoded.charAt(i + 1), 16) : -1;
                int low = isWhole ? Character.digit(encoded.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new VarveException(
                            ErrorCode.BAD_REQUEST, "the path has '%' without two hexadecimal digits behind it");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }
}
