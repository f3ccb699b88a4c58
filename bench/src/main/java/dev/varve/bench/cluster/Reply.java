package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/** What a client knows after a request. */
sealed interface Reply {
    /** It has taken effect, or was read. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Done(int status, Map<String, String> headers, byte[] body) implements Reply {
        String text() {
            return new String(body, UTF_8);
        }

        /** The ETag without its quotes. */
        String etag() {
            return headers.getOrDefault("etag", "").replace("\"", "");
        }
    }

    /** It has not taken effect and never will: the node said so, or was not reached. */
    record Refused(int status, String reason) implements Reply {}

    /** Nobody knows. */
    record Unknown(String reason) implements Reply {}

    /** The status of an answer; 0 if there is none. */
    default int status() {
        return switch (this) {
            case Done done -> done.status();
            case Refused refused -> refused.status();
            case Unknown unknown -> 0;
        };
    }
}
