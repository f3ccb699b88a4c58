package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.bench.s3.S3Key;
import dev.varve.bench.s3.S3Signer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends one request to one node, once, and says honestly what became of it. Any thread may use it.
 *
 * <p>Nothing is repeated here: a client that repeats makes two requests. A node that has not answered in time may still do
 * what it was asked.
 */
final class Door {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration AVOIDED = Duration.ofMillis(1500);

    private final List<Cluster.Member> members;
    private final S3Key key;
    private final Duration timeout;
    private final Tally tally;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final Map<Integer, Long> failedAt = new ConcurrentHashMap<>();

    Door(List<Cluster.Member> members, S3Key key, Duration timeout, Tally tally) {
        this.members = List.copyOf(members);
        this.key = key;
        this.timeout = timeout;
        this.tally = tally;
    }

    List<Cluster.Member> members() {
        return members;
    }

    /** Any node, mostly not one that failed a moment ago, so that clients do not all wait for it. */
    Cluster.Member any(Random random) {
        List<Cluster.Member> good = new ArrayList<>();
        long now = System.nanoTime();
        for (Cluster.Member member : members) {
            if (now - failedAt.getOrDefault(member.number(), now - Long.MAX_VALUE / 2) > AVOIDED.toNanos()) {
                good.add(member);
            }
        }
        List<Cluster.Member> from = good.isEmpty() || random.nextInt(20) == 0 ? members : good;
        return from.get(random.nextInt(from.size()));
    }

    Reply get(Cluster.Member member, String path, Map<String, String> headers) {
        return send(member, "GET", path, headers, BodyPublishers.noBody());
    }

    Reply get(Cluster.Member member, String path) {
        return get(member, path, Map.of());
    }

    Reply put(Cluster.Member member, String path, byte[] body, Map<String, String> headers) {
        return send(member, "PUT", path, headers, BodyPublishers.ofByteArray(body));
    }

    Reply delete(Cluster.Member member, String path, Map<String, String> headers) {
        return send(member, "DELETE", path, headers, BodyPublishers.noBody());
    }

    Reply post(Cluster.Member member, String path, byte[] body, Map<String, String> headers) {
        return send(member, "POST", path, headers, BodyPublishers.ofByteArray(body));
    }

    /** A query's answer as CSV. */
    Reply sql(Cluster.Member member, String sql) {
        return post(member, "/api/v1/sql?format=csv", sql.getBytes(UTF_8), Map.of("Content-Type", "text/plain"));
    }

    private Reply send(
            Cluster.Member member, String method, String path, Map<String, String> headers, BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + member.address() + path))
                .method(method, body);
        headers.forEach(request::setHeader);
        return exchange(member, request.build(), false);
    }

    /**
     * A request to S3.
     *
     * @param query in order of names, coded
     */
    Reply s3(Cluster.Member member, String method, String path, String query, byte[] body) {
        String host = member.host() + ":" + member.s3Port();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://" + host + path + (query.isEmpty() ? "" : "?" + query)))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        for (String line : new S3Signer(key, host)
                .headers(method, path, query, S3Signer.UNSIGNED)
                .split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (!line.isEmpty() && !line.startsWith("Host:")) {
                request.setHeader(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return exchange(member, request.build(), true);
    }

    private Reply exchange(Cluster.Member member, HttpRequest request, boolean isS3) {
        long begun = System.nanoTime();
        Reply reply = outcome(request, isS3);
        if (reply.status() == 0 || reply.status() >= 500) {
            failedAt.put(member.number(), System.nanoTime());
        }
        tally.count(reply, System.nanoTime() - begun);
        return reply;
    }

    private Reply outcome(HttpRequest request, boolean isS3) {
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            return read(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS), isS3);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
                return new Reply.Refused(0, "not reached");
            }
            return new Reply.Unknown(String.valueOf(cause));
        } catch (TimeoutException e) {
            answer.cancel(true);
            return new Reply.Unknown("no answer within " + timeout.toMillis() + " ms");
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            return new Reply.Unknown("interrupted");
        }
    }

    /** S3 has no word for an unknown outcome: its 503 may be one. */
    private static Reply read(HttpResponse<byte[]> answer, boolean isS3) {
        int status = answer.statusCode();
        if (status < 300) {
            Map<String, String> headers = new HashMap<>();
            answer.headers().map().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
            return new Reply.Done(status, headers, answer.body());
        }
        String reason = status + " " + new String(answer.body(), 0, Math.min(400, answer.body().length), UTF_8);
        boolean isCertain = status < 500 || (status == 503 && !isS3);
        return isCertain ? new Reply.Refused(status, reason) : new Reply.Unknown(reason);
    }

    /** Asks until there is a certain answer, for at most so long; for what must work when nothing is broken. */
    Reply.Done must(Asking asking, Duration atMost) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (true) {
            Reply reply = asking.ask();
            if (reply instanceof Reply.Done done) {
                return done;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("still no good answer after " + atMost.toSeconds() + " s: " + reply);
            }
            Thread.sleep(200);
        }
    }

    /** One try. */
    interface Asking {
        Reply ask();
    }
}
