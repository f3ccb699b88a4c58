package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.bench.s3.S3Key;
import dev.varve.bench.s3.S3Signer;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One of many clients, with a connection of its own: writes objects and rows, and reads them again.
 *
 * <p>It does what the SDK does when a node is gone: it asks the next one, with pauses, for up to ten seconds; only then a
 * request has failed.
 *
 * <p>A write that was tried again may take effect twice, and the first time late: a node that was frozen or cut off goes on
 * with what it had begun, after newer versions were written. Nobody has told this client what became of it, so that is no
 * wrong answer; how often it is seen is told ({@code docs/reliability.md}: what is unknown may take effect at any time).
 */
final class DemoClient {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int TIMEOUT_MILLIS = 2500;
    private static final int KEYS = 4;
    private static final int ROWS = 5;
    private static final int OBJECT_BYTES = 2048;
    private static final String NDJSON = "Content-Type: application/x-ndjson\r\nIdempotency-Key: ";

    private final int number;
    private final DemoCrowd crowd;
    private final List<Cluster.Member> members;
    private final Optional<S3Key> s3;
    private final Random random;
    private int home;
    private Optional<RawHttp> connection = Optional.empty();
    private Optional<S3Signer> signer = Optional.empty();
    private long nextRow;

    /** Versions of this client's objects: acknowledged, and tried. */
    private final long[] acknowledged = new long[KEYS];

    private final long[] tried = new long[KEYS];

    /** Versions that were sent more than once. */
    private final List<Set<Long>> repeated =
            Stream.generate(() -> (Set<Long>) new HashSet<Long>()).limit(KEYS).toList();

    private int tries;

    /** @param s3 with which it speaks S3; empty for HTTP */
    DemoClient(int number, DemoCrowd crowd, List<Cluster.Member> members, Optional<S3Key> s3, long seed) {
        this.number = number;
        this.crowd = crowd;
        this.members = members;
        this.s3 = s3;
        this.random = new Random(seed * 100_003 + number);
        this.home = number % members.size();
    }

    void run() throws InterruptedException {
        try {
            Thread.sleep(random.nextLong(crowd.pauseMillis()));
            while (!crowd.isOver()) {
                step();
                Thread.sleep(crowd.pauseMillis() / 2 + random.nextLong(crowd.pauseMillis()));
            }
        } finally {
            connection.ifPresent(RawHttp::close);
        }
    }

    private void step() throws InterruptedException {
        int choice = random.nextInt(100);
        int key = random.nextInt(KEYS);
        if (choice < 25 || tried[key] == 0) {
            put(key);
        } else if (choice < 45 && s3.isEmpty()) {
            rows();
        } else {
            get(key);
        }
    }

    private String path(int key) {
        String name = "c" + number + "-" + key;
        return s3.isPresent() ? "/demo-s3/" + name : "/api/v1/kv/demo-kv/" + name;
    }

    /** The bytes that this client's version of an object has. */
    private byte[] content(int key, long version) {
        byte[] bytes = new byte[OBJECT_BYTES];
        new Random(number * 1_000_003L + key * 1009L + version).nextBytes(bytes);
        byte[] name = (number + "/" + key + "/" + version + "\n").getBytes(UTF_8);
        System.arraycopy(name, 0, bytes, 0, name.length);
        return bytes;
    }

    private void put(int key) throws InterruptedException {
        long version = ++tried[key];
        Optional<RawHttp.Answer> answer = request("PUT", path(key), "", content(key, version));
        if (tries > 1) {
            repeated.get(key).add(version);
        }
        if (answer.isPresent()) {
            acknowledged[key] = version;
            crowd.objectAcknowledged();
        }
    }

    private void rows() throws InterruptedException {
        StringBuilder body = new StringBuilder();
        long first = nextRow;
        nextRow += ROWS;
        for (long n = first; n < first + ROWS; n++) {
            crowd.ledger().sent(number, n, 1);
            body.append(RowLedger.json(number, n, 1)).append('\n');
        }
        String headers = NDJSON + "demo-" + number + "-" + first + "\r\n";
        Optional<RawHttp.Answer> answer = request(
                "POST",
                "/api/v1/datasets/" + DemoCrowd.DATASET + "/rows?timeFormat=epoch-us",
                headers,
                body.toString().getBytes(UTF_8));
        if (answer.isPresent()) {
            for (long n = first; n < first + ROWS; n++) {
                crowd.ledger().acknowledged(number, n, 1);
            }
        }
    }

    private void get(int key) throws InterruptedException {
        judge(key, request("GET", path(key), "", new byte[0]));
    }

    private void judge(int key, Optional<RawHttp.Answer> answer) {
        if (answer.isEmpty()) {
            return;
        }
        if (answer.get().status() == 404) {
            if (acknowledged[key] > 0) {
                crowd.lost(path(key) + " was acknowledged in version " + acknowledged[key] + " and is not there");
            }
            return;
        }
        byte[] body = answer.get().body();
        for (long version = Math.max(1, acknowledged[key]); version <= tried[key]; version++) {
            if (Arrays.equals(body, content(key, version))) {
                return;
            }
        }
        if (repeated.get(key).stream().anyMatch(version -> Arrays.equals(body, content(key, version)))) {
            crowd.late();
            return;
        }
        String start = new String(body, 0, Math.min(20, body.length), UTF_8)
                .lines()
                .findFirst()
                .orElse("");
        crowd.wrong(path(key) + " is " + body.length + " bytes that begin with '" + start + "', not version "
                + acknowledged[key] + " to " + tried[key]);
    }

    /** Reads all of this client's objects again when nothing is broken any more. */
    void readBack() throws InterruptedException {
        for (int key = 0; key < KEYS; key++) {
            if (tried[key] > 0) {
                judge(key, request("GET", path(key), "", new byte[0]));
            }
        }
        connection.ifPresent(RawHttp::close);
    }

    /** Asks one node after the other; empty if none has done it in time. */
    private Optional<RawHttp.Answer> request(String method, String path, String headers, byte[] body)
            throws InterruptedException {
        long begun = System.nanoTime();
        for (tries = 0; System.nanoTime() - begun < DEADLINE_NANOS; ) {
            if (tries > 0) {
                home = (home + 1) % members.size();
                connection.ifPresent(RawHttp::close);
                connection = Optional.empty();
                if (tries % members.size() == 0) {
                    Thread.sleep(100 + random.nextInt(200));
                }
            }
            tries++;
            try {
                RawHttp.Answer answer = once(method, path, headers, body);
                int status = answer.status();
                if (status < 300 || (status == 404 && method.equals("GET"))) {
                    crowd.requests().add(System.nanoTime() - begun, false);
                    return Optional.of(answer);
                }
                if (status < 500 && status != 429) {
                    crowd.wrong(
                            method + " " + path + " was answered " + status + ": " + new String(answer.body(), UTF_8));
                    crowd.requests().add(System.nanoTime() - begun, true);
                    return Optional.empty();
                }
                crowd.retried(status + " of " + members.get(home).name());
            } catch (IOException e) {
                crowd.retried(String.valueOf(e.getMessage()));
            }
        }
        crowd.requests().add(System.nanoTime() - begun, true);
        return Optional.empty();
    }

    private RawHttp.Answer once(String method, String path, String headers, byte[] body) throws IOException {
        if (connection.isEmpty()) {
            Cluster.Member member = members.get(home);
            RawHttp made =
                    new RawHttp(member.host(), s3.isPresent() ? member.s3Port() : member.httpPort(), TIMEOUT_MILLIS);
            connection = Optional.of(made);
            signer = s3.map(key -> new S3Signer(key, made.host()));
        }
        String all = signer.map(signing -> signing.headers(method, path, "", S3Signer.UNSIGNED))
                        .orElse("")
                + headers;
        return connection.get().exchange(method, path, all, body);
    }
}
