package dev.varve.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.log.RequestId;
import dev.varve.server.patience.Patience;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.Problem;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/** One request and the answer to it; one thread at a time. */
final class Call {
    static final HttpString REQUEST_ID = HttpString.tryFromString(RequestId.HEADER);
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);

    private final HttpServerExchange exchange;
    private final List<String> pathValues;
    private final HttpConfig config;
    private final Patience.Wait wait;
    private @Nullable Body body;
    private @Nullable String queryId;

    Call(HttpServerExchange exchange, List<String> pathValues, HttpConfig config, Patience.Wait wait) {
        this.wait = wait;
        this.exchange = exchange;
        this.pathValues = pathValues;
        this.config = config;
    }

    HttpServerExchange exchange() {
        return exchange;
    }

    /** The value of the path's first variable. */
    String pathValue() {
        return pathValues.getFirst();
    }

    Parameters parameters() {
        return new Parameters(exchange.getQueryParameters());
    }

    @Nullable
    String requestHeader(String name) {
        HeaderMap headers = exchange.getRequestHeaders();
        return headers.getFirst(name);
    }

    /** The content type in lower case without parameters; empty when there is none. */
    String contentType() {
        String type = exchange.getRequestHeaders().getFirst(Headers.CONTENT_TYPE);
        return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    static VarveException unknownContentType(String found, List<String> known) {
        return new VarveException(
                        ErrorCode.BAD_REQUEST,
                        found.isEmpty()
                                ? "the request has no Content-Type"
                                : "Content-Type '" + shortened(found) + "' is not known here")
                .withHint("use one of " + String.join(", ", known));
    }

    /** The body, decompressed, of at most so many bytes. */
    Body body(long mostBytes) {
        Body opened = Body.of(exchange, mostBytes, wait);
        body = opened;
        return opened;
    }

    /** The whole of a small body. */
    byte[] smallBody() throws IOException {
        return body(config.maxRequestBytes()).readAllBytes();
    }

    /** Errors from here on name the query. */
    void concerns(String id) {
        queryId = id;
        header("X-Query-Id", id);
    }

    void header(String name, String value) {
        exchange.getResponseHeaders().put(HttpString.tryFromString(name), value);
    }

    void json(int status, JsonNode json) {
        send(status, "application/json", Json.bytes(json));
    }

    void send(int status, String contentType, byte[] bytes) {
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
        wait.ending(() -> exchange.getResponseSender().send(ByteBuffer.wrap(bytes)));
    }

    void empty(int status) {
        exchange.setStatusCode(status);
        end();
    }

    /** Ends an answer without a body whose status and headers are set. */
    void end() {
        wait.ending(exchange::endExchange);
    }

    /** Answers, and turns whatever goes wrong into a problem or, when it is too late for that, a cut connection. */
    void run(Route.Answering answering) {
        try (RequestId.Scope _ = RequestId.begin(exchange.getResponseHeaders().getFirst(REQUEST_ID))) {
            answer(answering);
        }
    }

    private void answer(Route.Answering answering) {
        try {
            answering.answer(this);
        } catch (Throwable failure) {
            // A request ends here: nothing thrown may leave the client without an answer.
            fail(failure);
        }
    }

    private void fail(Throwable failure) {
        if (exchange.isResponseComplete()) {
            // The client has its answer; what failed is the connection, which is being closed.
            LOG.debug("failed after the answer", failure);
            return;
        }
        Throwable cause = body == null ? failure : body.explain(failure);
        if (exchange.isResponseStarted()) {
            if (!isDisconnect(cause)) {
                Problem problem = Problem.of(cause, queryId);
                LOG.warn("cut an answer short: code={} query={}", problem.code(), queryId);
            }
            cut();
        } else if (isDisconnect(cause)) {
            cut();
        } else {
            problem(cause);
        }
    }

    private static boolean isDisconnect(Throwable failure) {
        return failure instanceof UncheckedIOException || failure instanceof IOException;
    }

    /** Answers with a problem. */
    void problem(Throwable failure) {
        Problem problem = switch (failure) {
            case Refusal refusal -> {
                Problem reason = Problem.of(refusal.reason(), queryId);
                yield new Problem(
                        refusal.status(),
                        reason.code(),
                        reason.detail(),
                        reason.hint(),
                        reason.position(),
                        queryId,
                        null);
            }
            default -> Problem.of(failure, queryId);
        };
        problem(problem);
    }

    void problem(Problem problem) {
        if (problem.status() == 503) {
            header("Retry-After", "1");
        }
        exchange.getResponseHeaders().remove(Headers.CONTENT_ENCODING);
        send(problem.status(), Problem.MEDIA_TYPE, Json.bytes(problem.json()));
    }

    /** The stream of the answer's body. */
    OutputStream responseBody() {
        if (!exchange.isBlocking()) {
            exchange.startBlocking();
        }
        return wait.out(exchange.getOutputStream());
    }

    /** Closes the connection in the middle of the answer, so that it cannot pass for a whole one. */
    void cut() {
        IoUtils.safeClose(exchange.getConnection());
    }

    @Nullable
    String queryId() {
        return queryId;
    }

    static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
