package dev.varve.server.log;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** The id of a request on all nodes that work on it: the client's own, if it gave one that is fit for a log, or ours. */
public final class RequestId {
    /** Where a client gives it, and finds it in the answer. */
    public static final String HEADER = "X-Request-Id";

    static final String KEY = "request";
    private static final Pattern FIT = Pattern.compile("[A-Za-z0-9._:+/=-]{1,100}");

    private RequestId() {}

    /** Until closed, lines of this thread name the request. */
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /** The given one if it is fit, a new one otherwise. */
    public static String of(@Nullable String given) {
        if (given != null && FIT.matcher(given).matches()) {
            return given;
        }
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    /** What this thread works on, if it is a request. */
    public static @Nullable String current() {
        return MDC.get(KEY);
    }

    /** Works on the request from now on; null for none. */
    public static Scope begin(@Nullable String id) {
        String before = current();
        set(id);
        return () -> set(before);
    }

    private static void set(@Nullable String id) {
        if (id == null) {
            MDC.remove(KEY);
        } else {
            MDC.put(KEY, id);
        }
    }
}
