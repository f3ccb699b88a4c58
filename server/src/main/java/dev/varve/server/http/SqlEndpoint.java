package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.format.ResultFormat;
import dev.varve.server.format.ResultWriter;
import dev.varve.server.metrics.Metrics;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.Problem;
import dev.varve.server.wire.SqlAnswer;
import dev.varve.server.wire.SqlEngine;
import dev.varve.server.wire.SqlRequest;
import dev.varve.server.wire.Texts;
import dev.varve.server.wire.Units;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SQL in, results out.
 *
 * <p>The first batch is awaited before the status is sent, so that whatever goes wrong until then has a status of its
 * own. After that an error can only be said inside the body, and by cutting the connection before its proper end.
 */
final class SqlEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(SqlEndpoint.class);
    private static final List<String> CONTENT_TYPES = List.of("application/json", "text/plain", "application/sql");

    private final SqlEngine engine;
    private final Path scratch;
    private final Metrics.Counter rows;

    SqlEndpoint(SqlEngine engine, Path scratch, Metrics metrics) {
        this.engine = engine;
        this.scratch = scratch;
        this.rows = metrics.counter("varve_query_rows", "Rows sent in answers over HTTP.");
    }

    void post(Call call) throws IOException {
        String type = call.contentType();
        SqlRequest request = switch (type) {
            case "application/json" -> SqlRequest.ofJson(call.smallBody());
            case "text/plain", "application/sql" -> SqlRequest.ofSql(Texts.utf8(call.smallBody(), "the SQL text"));
            default -> throw new Refusal(415, Call.unknownContentType(type, CONTENT_TYPES));
        };
        Parameters parameters = call.parameters();
        answer(call, withParameters(request, parameters));
    }

    void get(Call call) throws IOException {
        Parameters parameters = call.parameters();
        String sql = parameters.take("q");
        if (sql == null) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "parameter q is missing")
                    .withHint("send for example ?q=SELECT%201");
        }
        answer(call, withParameters(SqlRequest.ofSql(sql), parameters));
    }

    private static SqlRequest withParameters(SqlRequest request, Parameters parameters) {
        String timeout = parameters.take("timeout");
        SqlRequest all = request.with(
                parameters.take("format"),
                timeout == null ? null : Units.duration("timeout", timeout),
                parameters.takeNumber("limit"));
        parameters.end();
        return all;
    }

    void list(Call call) {
        call.parameters().end();
        ObjectNode json = Json.object();
        ArrayNode queries = json.putArray("queries");
        for (SqlEngine.Running running : engine.running()) {
            queries.addObject()
                    .put("id", running.id())
                    .put("sql", running.sql())
                    .put("runMillis", running.age().toMillis());
        }
        call.json(200, json);
    }

    void cancel(Call call) {
        String id = call.pathValue();
        if (!engine.cancel(id)) {
            throw new VarveException(ErrorCode.NOT_FOUND, "no query '" + Call.shortened(id) + "' is running")
                    .withHint("GET /api/v1/queries lists those that are");
        }
        call.empty(204);
    }

    private void answer(Call call, SqlRequest request) throws IOException {
        String sent = call.requestHeader("X-Query-Id");
        String id = sent == null ? UUID.randomUUID().toString() : Texts.token("X-Query-Id", sent);
        call.concerns(id);
        String label = request.format();
        ResultFormat format =
                label == null ? Negotiation.accepted(call.requestHeader("Accept")) : Negotiation.format(label);
        try (Watched watched = new Watched(call, engine, id)) {
            switch (format) {
                case ResultFormat.Parquet parquet -> export(call, request, id, parquet);
                case ResultFormat.Streamed streamed -> stream(call, request, id, streamed, watched);
            }
        }
    }

    private void stream(Call call, SqlRequest request, String id, ResultFormat.Streamed format, Watched watched)
            throws IOException {
        long start = System.nanoTime();
        try (SqlAnswer answer = engine.start(request, id)) {
            watched.cancelIfGone();
            LateHead out = new LateHead(call, format);
            ResultWriter writer = format.begin(answer.schema(), out);
            boolean hasBatch = answer.next();
            call.header("Server-Timing", timing(answer.stats(), start));
            if (call.exchange().getRequestMethod().equals(Methods.HEAD)) {
                out.head();
                watched.close();
                return;
            }
            try {
                while (hasBatch && !writer.isFull()) {
                    rows.add(answer.batch().getRowCount());
                    writer.write(answer.batch());
                    out.flush();
                    hasBatch = answer.next();
                }
                writer.end(answer.stats().json());
            } catch (RuntimeException failure) {
                if (!out.isBegun() || failure instanceof UncheckedIOException) {
                    throw failure;
                }
                Problem problem = Problem.of(failure, id);
                LOG.info("query failed after its first rows id={} code={}", id, problem.code());
                writer.fail(problem.json());
                out.flush();
                watched.close();
                call.cut();
                throw failure;
            }
            watched.close();
            out.close();
        }
    }

    private static String timing(SqlAnswer.Stats stats, long startNanos) {
        return "plan;dur=" + Math.round(stats.planMillis() * 10) / 10.0 + ", first;dur="
                + (System.nanoTime() - startNanos) / 1_000_000;
    }

    private void export(Call call, SqlRequest request, String id, ResultFormat format) throws IOException {
        Path file = Files.createTempFile(scratch, "export-", ".parquet");
        try {
            long start = System.nanoTime();
            rows.add(engine.exportParquet(request, id, file));
            call.header("Server-Timing", "export;dur=" + (System.nanoTime() - start) / 1_000_000);
            call.exchange().setResponseContentLength(Files.size(file));
            try (OutputStream out = new LateHead(call, format)) {
                Files.copy(file, out);
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Cancels the query when its client has gone. */
    private static final class Watched implements AutoCloseable {
        private final SqlEngine engine;
        private final String id;
        private final ClientWatch watch;
        private volatile boolean isGone;

        Watched(Call call, SqlEngine engine, String id) {
            this.engine = engine;
            this.id = id;
            this.watch = ClientWatch.start(call.exchange(), () -> {
                isGone = true;
                // Cancelling may wait for the engine, which an I/O thread must not.
                Thread.ofVirtual().name("cancel " + id).start(() -> engine.cancel(id));
            });
        }

        /** For the client that went before there was anything to cancel. */
        void cancelIfGone() {
            if (isGone) {
                engine.cancel(id);
            }
        }

        @Override
        public void close() {
            watch.close();
        }
    }

    /** The body's stream; sends the head of the answer with its first byte, and compresses as negotiated. */
    private static final class LateHead extends OutputStream {
        private final Call call;
        private final ResultFormat format;
        private @Nullable OutputStream body;

        LateHead(Call call, ResultFormat format) {
            this.call = call;
            this.format = format;
        }

        boolean isBegun() {
            return body != null;
        }

        Negotiation.Coding head() {
            call.exchange().setStatusCode(200);
            boolean isText = format.mediaType().startsWith("text/");
            call.header("Content-Type", format.mediaType() + (isText ? "; charset=utf-8" : ""));
            if (!format.isCompressible()) {
                return Negotiation.Coding.IDENTITY;
            }
            if (call.exchange().isHttp11()) {
                // An answer that ends with the connection could not be told from one that was cut.
                call.exchange().getResponseHeaders().put(Headers.TRANSFER_ENCODING, "chunked");
            }
            call.header("Vary", "Accept, Accept-Encoding");
            Negotiation.Coding coding = Negotiation.coding(call.requestHeader("Accept-Encoding"));
            switch (coding) {
                case IDENTITY -> {}
                case GZIP -> call.exchange().getResponseHeaders().put(Headers.CONTENT_ENCODING, "gzip");
                case ZSTD -> call.exchange().getResponseHeaders().put(Headers.CONTENT_ENCODING, "zstd");
            }
            return coding;
        }

        private OutputStream body() throws IOException {
            OutputStream opened = body;
            if (opened == null) {
                Negotiation.Coding coding = head();
                OutputStream plain = call.responseBody();
                opened = switch (coding) {
                    case IDENTITY -> plain;
                    case GZIP -> new FastGzip(plain);
                    case ZSTD -> new ZstdOutputStreamNoFinalizer(plain, 1);
                };
                body = opened;
            }
            return opened;
        }

        @Override
        public void write(int one) throws IOException {
            body().write(one);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            body().write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            if (body != null) {
                body.flush();
            }
        }

        @Override
        public void close() throws IOException {
            body().close();
        }
    }

    /** Gzip that is bound by the network rather than by the processor, and hands on all it has when flushed. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 16 * 1024, true);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
