package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to the hosts in turn and turns every failure into a {@link VarveClientException}.
 *
 * <p>Safe for any number of threads. An attempt that cannot connect, is answered 429, 502, 503 or 504 or not wholly moves
 * on to the next host; after a round of all hosts it waits (exponentially longer, jittered, never shorter than {@code
 * Retry-After}) until {@code retryTimeout} has passed. A host whose own disk fails (500, 507) is not asked again, but
 * once each of the others. No other 4xx or 5xx is ever sent again.
 */
final class Wire {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** Of several hosts one takes over from another within seconds. */
    private static final Duration LONGEST_PAUSE_OF_SEVERAL = Duration.ofMillis(500);

    /** How often a request may reach the node. */
    enum Repeat {
        /** Sending it twice does no harm: it reads, or carries an idempotency key. */
        SAFE,
        /** Only if the node cannot have acted on it: it was not reached, or it said so by 429 or 503. */
        ONLY_IF_NOT_APPLIED
    }

    /**
     * One request.
     *
     * @param timeout for the whole answer; zero = none
     */
    record Call(
            String method,
            String path,
            Map<String, String> headers,
            HttpRequest.@Nullable BodyPublisher body,
            Duration timeout,
            Repeat repeat) {}

    /** An answer whose body is read as it comes; the caller closes it. */
    record Opened(HttpHeaders headers, InputStream body) {}

    private final Hosts hosts;
    private final HttpClient client;
    private final Duration retryTimeout;
    private final ScheduledExecutorService timer;

    Wire(Options options, ScheduledExecutorService timer) {
        this.timer = timer;
        this.retryTimeout = options.retryTimeout();
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(options.connectTimeout())
                .build();
        this.hosts = new Hosts(options.hosts(), client, timer);
    }

    /** Reads a success answer; what it throws counts as an answer cut short. */
    interface Reader<T> {
        T read(byte[] body) throws IOException;
    }

    /** The whole answer. */
    <T> T exchange(Call call, Reader<T> reader) {
        return attempts(call, host -> {
            HttpResponse<byte[]> response = once(host, call, BodyHandlers.ofByteArray());
            if (response.statusCode() / 100 != 2) {
                throw refused(response, response.body());
            }
            try {
                return reader.read(response.body());
            } catch (Json.BrokenAnswerException e) {
                throw new IOException(e.getMessage(), e);
            }
        });
    }

    /** The answer as it comes. */
    Opened open(Call call) {
        return attempts(call, host -> {
            HttpResponse<InputStream> response = once(host, call, BodyHandlers.ofInputStream());
            if (response.statusCode() / 100 != 2) {
                try (InputStream body = response.body()) {
                    throw refused(response, body.readNBytes(1 << 20));
                }
            }
            return new Opened(response.headers(), WatchedBody.of(host, response.body()));
        });
    }

    private interface Attempt<T> {
        T on(Hosts.Host host) throws IOException, InterruptedException;
    }

    private <T> T attempts(Call call, Attempt<T> attempt) {
        long start = System.nanoTime();
        int tries = 0;
        for (int rounds = 1; ; rounds++) {
            @Nullable VarveClientException failure = null;
            Duration atLeast = Duration.ZERO;
            boolean again = false;
            for (Hosts.Host host : hosts.round()) {
                tries++;
                try {
                    return attempt.on(host);
                } catch (RefusedException refused) {
                    failure = refused.error;
                    atLeast = refused.retryAfter;
                    boolean mayBeBetterLater = mayRepeat(call.repeat(), failure.status());
                    if (!mayBeBetterLater && !mayAskOthers(call.repeat(), failure.status())) {
                        throw failure.rethrown();
                    }
                    again |= mayBeBetterLater;
                    host.declined();
                } catch (ConnectException | HttpConnectTimeoutException e) {
                    failure = unreachable(e);
                    again = true;
                    host.failed();
                } catch (IOException e) {
                    failure = new VarveClientException(
                            "STREAM_BROKEN",
                            host.address().getAuthority() + " broke off the answer: " + reason(e),
                            call.repeat() == Repeat.SAFE ? null : "it may have been applied: read before trying again",
                            null,
                            VarveClientException.NO_STATUS,
                            List.of(),
                            e);
                    if (call.repeat() != Repeat.SAFE) {
                        throw failure;
                    }
                    again = true;
                    host.declined();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new VarveClientException("CANCELLED", "interrupted while waiting for the node", e);
                }
            }
            // A round has at least one host.
            VarveClientException last = Objects.requireNonNull(failure);
            if (!again) {
                throw last.rethrown();
            }
            pauseOrGiveUp(last, start, tries, rounds, atLeast);
        }
    }

    private void pauseOrGiveUp(VarveClientException failure, long start, int tries, int rounds, Duration atLeast) {
        long pauseMillis = Math.max(backOff(rounds), atLeast.toMillis());
        long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        if (elapsedMillis + pauseMillis > retryTimeout.toMillis()) {
            String message = String.valueOf(failure.getMessage());
            throw tries == 1
                    ? failure
                    : failure.withMessage(message + " (gave up after " + tries + " tries in " + elapsedMillis + " ms)");
        }
        try {
            Thread.sleep(pauseMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveClientException("CANCELLED", "interrupted between two tries: " + failure.getMessage(), e);
        }
    }

    /** Between half and the whole of an exponentially growing pause, so that clients do not return in step. */
    private long backOff(int rounds) {
        Duration longest = hosts.several() ? LONGEST_PAUSE_OF_SEVERAL : LONGEST_PAUSE;
        long whole = Math.min(FIRST_PAUSE.toMillis() << Math.min(rounds - 1, 20), longest.toMillis());
        return whole / 2 + ThreadLocalRandom.current().nextLong(whole / 2 + 1);
    }

    private static boolean mayRepeat(Repeat repeat, int status) {
        return switch (status) {
            case 429, 503 -> true;
            case 502, 504 -> repeat == Repeat.SAFE;
            default -> false;
        };
    }

    /** What one node's disk keeps from being done may be done by another. */
    private static boolean mayAskOthers(Repeat repeat, int status) {
        return repeat == Repeat.SAFE && (status == 500 || status == 507);
    }

    private <T> HttpResponse<T> once(Hosts.Host host, Call call, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        HttpRequest.BodyPublisher body = call.body() == null ? HttpRequest.BodyPublishers.noBody() : call.body();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(host.address().resolve(call.path())).method(call.method(), body);
        call.headers().forEach(request::setHeader);
        Deadline deadline = new Deadline(call.timeout(), timer);
        AtomicBoolean silent = new AtomicBoolean();
        HttpResponse<T> response;
        Hosts.Wait wait = host.await(() -> {
            silent.set(true);
            deadline.ring();
        });
        try {
            response = client.send(request.build(), handler);
        } catch (InterruptedException | IOException e) {
            if (deadline.finish()) {
                throw new IOException(noAnswer(silent.get(), call), e);
            }
            throw e;
        } finally {
            wait.close();
        }
        if (deadline.finish()) {
            throw new IOException(noAnswer(silent.get(), call));
        }
        return response;
    }

    private static String noAnswer(boolean silent, Call call) {
        return silent
                ? "it has stopped answering"
                : "no answer within " + call.timeout().toMillis() + " ms";
    }

    private VarveClientException unreachable(IOException cause) {
        return new VarveClientException(
                "UNREACHABLE",
                "cannot connect to " + hosts + ": " + reason(cause),
                "is the node running? start one with: ./varve server --data DIR",
                null,
                VarveClientException.NO_STATUS,
                List.of(),
                cause);
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        if (message != null && !message.isBlank()) {
            return message;
        }
        return e instanceof ConnectException
                ? "connection refused"
                : e.getClass().getSimpleName();
    }

    private static RefusedException refused(HttpResponse<?> response, byte[] body) {
        Duration retryAfter = response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,6}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(Duration.ZERO);
        return new RefusedException(problem(response.statusCode(), body), retryAfter);
    }

    /** The error an answer with a bad status describes. */
    private static VarveClientException problem(int status, byte[] body) {
        try {
            return problem(Json.parse(body), status);
        } catch (IOException notJson) {
            return new VarveClientException(
                    "HTTP_" + status,
                    "the node answered " + status + ": " + Json.shortened(body),
                    null,
                    null,
                    status,
                    List.of(),
                    null);
        }
    }

    static VarveClientException problem(JsonNode problem, int status) {
        String code = Json.text(problem, "code");
        String detail = Json.text(problem, "detail");
        JsonNode place = problem.path("position");
        VarveClientException.Position position = place.isObject()
                ? new VarveClientException.Position(
                        place.path("line").asInt(1), place.path("column").asInt(1))
                : null;
        return new VarveClientException(
                code == null ? "HTTP_" + status : code,
                detail == null ? "the node answered " + status : detail,
                Json.text(problem, "hint"),
                position,
                status,
                LoadReport.errorsOf(problem, 0),
                null);
    }

    /** The node answered and said no. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient VarveClientException error;
        private final transient Duration retryAfter;

        RefusedException(VarveClientException error, Duration retryAfter) {
            super(error);
            this.error = error;
            this.retryAfter = retryAfter;
        }
    }
}
