package dev.varve.sdk;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a connect URL says.
 *
 * @param inFlight requests a writer keeps under way; 0 = 4, but 1 where the dataset has a key, because there the order
 *     of two versions of a row counts
 */
record Options(
        List<URI> hosts,
        int batchRows,
        long batchBytes,
        Duration linger,
        int inFlight,
        Duration retryTimeout,
        Duration requestTimeout,
        Duration connectTimeout,
        WhenFull buffer,
        String onError) {

    /** What a writer does with a row when as many requests as allowed are under way. */
    enum WhenFull {
        BLOCK,
        FAIL
    }

    static final List<String> NAMES = List.of(
            "batchRows",
            "batchBytes",
            "linger",
            "inFlight",
            "retryTimeout",
            "requestTimeout",
            "connectTimeout",
            "buffer",
            "onError");

    private static final int DEFAULT_PORT = 8181;
    private static final Pattern URL = Pattern.compile("(?:(varve|http|https)://)?([^/?#]+)/?(?:\\?(.*))?");
    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");

    Options {
        hosts = List.copyOf(hosts);
    }

    static Options parse(String url) {
        Matcher parts = URL.matcher(url.strip());
        if (!parts.matches()) {
            throw bad("'" + url + "' is not a connect URL", "for example varve://localhost:8181?batchRows=65536");
        }
        List<URI> hosts = new ArrayList<>();
        String scheme = "https".equals(parts.group(1)) ? "https" : "http";
        for (String host : parts.group(2).split(",", -1)) {
            hosts.add(host(scheme, host.strip(), url));
        }
        Options options = new Options(
                hosts,
                65_536,
                8L << 20,
                Duration.ofMillis(200),
                0,
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                WhenFull.BLOCK,
                "reject-row");
        String query = parts.group(3);
        if (query == null || query.isEmpty()) {
            return options;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw bad("option '" + pair + "' has no value", "write name=value");
            }
            options = options.with(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
        }
        return options;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static URI host(String scheme, String host, String url) {
        try {
            URI parsed = URI.create(scheme + "://" + host);
            if (parsed.getHost() == null || parsed.getUserInfo() != null) {
                throw bad("'" + host + "' in '" + url + "' is not host:port", "for example localhost:8181");
            }
            int port = parsed.getPort() < 0 ? DEFAULT_PORT : parsed.getPort();
            return URI.create(scheme + "://" + parsed.getHost() + ":" + port);
        } catch (IllegalArgumentException e) {
            throw bad("'" + host + "' in '" + url + "' is not host:port", "for example localhost:8181");
        }
    }

    /** These options with one changed. */
    Options with(String name, String value) {
        int rows = batchRows;
        long bytes = batchBytes;
        Duration newLinger = linger;
        int flight = inFlight;
        Duration retry = retryTimeout;
        Duration request = requestTimeout;
        Duration connect = connectTimeout;
        WhenFull full = buffer;
        String bad = onError;
        switch (name) {
            case "batchRows" -> rows = (int) count(name, value, 1, 1 << 20);
            case "batchBytes" -> bytes = byteSize(name, value);
            case "linger" -> newLinger = duration(name, value);
            case "inFlight" -> flight = (int) count(name, value, 1, 64);
            case "retryTimeout" -> retry = duration(name, value);
            case "requestTimeout" -> request = duration(name, value);
            case "connectTimeout" -> connect = duration(name, value);
            case "buffer" -> full = whenFull(value);
            case "onError" -> bad = oneOf(name, value, List.of("reject-row", "reject-batch"));
            default -> throw bad("unknown option '" + name + "'", "did you mean '" + nearest(name, NAMES) + "'?");
        }
        return new Options(hosts, rows, bytes, newLinger, flight, retry, request, connect, full, bad);
    }

    private static WhenFull whenFull(String value) {
        return "fail".equals(oneOf("buffer", value, List.of("block", "fail"))) ? WhenFull.FAIL : WhenFull.BLOCK;
    }

    private static String oneOf(String name, String value, List<String> allowed) {
        if (!allowed.contains(value)) {
            throw bad(name + "='" + value + "' is not possible", "use one of " + String.join(", ", allowed));
        }
        return value;
    }

    private static long count(String name, String value, long least, long most) {
        Amount amount = amount(name, value);
        if (!amount.unit().isEmpty() || amount.number() < least || amount.number() > most) {
            throw bad(name + "='" + value + "' is not possible", "a number from " + least + " to " + most);
        }
        return amount.number();
    }

    private static long byteSize(String name, String value) {
        Amount amount = amount(name, value);
        int shift = switch (amount.unit().toLowerCase(Locale.ROOT)) {
            case "", "b" -> 0;
            case "kib" -> 10;
            case "mib" -> 20;
            default -> throw bad(name + "='" + value + "' has an unknown unit", "use B, KiB or MiB");
        };
        if (amount.number() < 1 || amount.number() > 1L << (30 - shift)) {
            throw bad(name + "='" + value + "' is not possible", "from 1 B to 1024 MiB");
        }
        return amount.number() << shift;
    }

    private static Duration duration(String name, String value) {
        Amount amount = amount(name, value);
        if (amount.number() > 1_000_000_000) {
            throw bad(name + "='" + value + "' is too long", "for example 60s");
        }
        return switch (amount.unit().toLowerCase(Locale.ROOT)) {
            case "ms" -> Duration.ofMillis(amount.number());
            case "s" -> Duration.ofSeconds(amount.number());
            case "m", "min" -> Duration.ofMinutes(amount.number());
            default -> throw bad(name + "='" + value + "' needs a unit", "use ms, s or min, for example 200ms");
        };
    }

    private record Amount(long number, String unit) {}

    private static Amount amount(String name, String value) {
        Matcher matcher = AMOUNT.matcher(value.strip());
        if (!matcher.matches()) {
            throw bad(name + "='" + value + "' is not a number", "for example " + name + "=1");
        }
        return new Amount(Long.parseLong(matcher.group(1)), matcher.group(2));
    }

    /** The candidate with the fewest edits to {@code name}. */
    static String nearest(String name, List<String> candidates) {
        String best = "";
        int least = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int distance = edits(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    /** Levenshtein's distance. */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(diagonal + change, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    private static VarveClientException bad(String message, @Nullable String hint) {
        return new VarveClientException("BAD_URL", message, hint);
    }
}
