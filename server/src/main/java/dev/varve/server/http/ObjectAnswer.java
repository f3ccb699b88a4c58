package dev.varve.server.http;

import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectReader;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Answers with an object's bytes, or a range of them, as RFC 9110 says. */
final class ObjectAnswer {
    private static final int BLOCK_BYTES = 64 << 10;
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT);

    private ObjectAnswer() {}

    /** What the request's {@code If-Match} and {@code If-None-Match} demand of the current version. */
    static Condition condition(Call call) {
        return new Condition(
                Optional.ofNullable(call.requestHeader("If-Match")).map(ObjectAnswer::tag),
                Optional.ofNullable(call.requestHeader("If-None-Match")).map(ObjectAnswer::tag),
                OptionalLong.empty(),
                Optional.empty(),
                OptionalLong.empty());
    }

    private static String tag(String header) {
        String tag = header.strip().replaceFirst("^W/", "");
        if (tag.contains(",")) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "a condition names one ETag or *");
        }
        return tag.replaceAll("^\"|\"$", "");
    }

    /** Headers that tell what an object is. */
    static void describe(Call call, StoredObject object) {
        call.header("ETag", "\"" + object.etag() + "\"");
        call.header("X-Varve-Version", object.versionId());
        call.header("Last-Modified", HTTP_DATE.format(object.lastModified().atOffset(ZoneOffset.UTC)));
    }

    /** The part of an object that was asked for; null if it has none such. */
    private static long @Nullable [] range(@Nullable String header, long size) {
        Matcher parts = RANGE.matcher(header == null ? "" : header.strip());
        if (!parts.matches() || (parts.group(1).isEmpty() && parts.group(2).isEmpty())) {
            // Several ranges, and units unknown: the whole is a right answer.
            return new long[] {0, size};
        }
        if (parts.group(1).isEmpty()) {
            long last = Math.min(size, Long.parseLong(parts.group(2)));
            return last == 0 ? null : new long[] {size - last, size};
        }
        long from = Long.parseLong(parts.group(1));
        long to = parts.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(parts.group(2)) + 1);
        return from >= size || from >= to ? null : new long[] {from, to};
    }

    /** Closes the reader. */
    static void send(Call call, ObjectReader reader, String contentType) throws IOException {
        try (reader) {
            StoredObject object = reader.object();
            describe(call, object);
            Condition wanted = condition(call);
            if (wanted.ifMatch().isPresent() && !matches(wanted.ifMatch().get(), object)) {
                throw new Refusal(
                        412, new VarveException(ErrorCode.CONFLICT, "the object's ETag is \"" + object.etag() + "\""));
            }
            if (wanted.ifNoneMatch().isPresent() && matches(wanted.ifNoneMatch().get(), object)) {
                call.empty(304);
                return;
            }
            HeaderMap headers = call.exchange().getResponseHeaders();
            headers.put(Headers.CONTENT_TYPE, contentType);
            call.header("Accept-Ranges", "bytes");
            // Objects are anybody's: a browser must neither guess that they are pages nor run them as ours.
            call.header("X-Content-Type-Options", "nosniff");
            call.header("Content-Security-Policy", "sandbox");
            String ifRange = call.requestHeader("If-Range");
            boolean isRangeMeant = ifRange == null || tag(ifRange).equals(object.etag());
            String asked = call.requestHeader("Range");
            long size = object.size();
            long[] range = asked == null || !isRangeMeant ? new long[] {0, size} : range(asked, size);
            if (range == null) {
                call.header("Content-Range", "bytes */" + size);
                throw new Refusal(
                        416,
                        new VarveException(
                                ErrorCode.BAD_REQUEST,
                                "range " + Call.shortened(String.valueOf(asked)) + " lies behind the " + size
                                        + " bytes there are"));
            }
            boolean isPart = asked != null && range[1] - range[0] < size;
            call.exchange().setStatusCode(isPart ? 206 : 200);
            if (isPart) {
                call.header("Content-Range", "bytes " + range[0] + "-" + (range[1] - 1) + "/" + size);
            }
            call.exchange().setResponseContentLength(range[1] - range[0]);
            if (call.exchange().getRequestMethod().toString().equals("HEAD") || size == 0) {
                call.end();
                return;
            }
            copy(reader, range[0], range[1], call.responseBody());
        }
    }

    private static boolean matches(String tag, StoredObject object) {
        return tag.equals("*") || tag.equals(object.etag());
    }

    private static void copy(ObjectReader reader, long from, long to, OutputStream out) throws IOException {
        byte[] block = new byte[(int) Math.min(BLOCK_BYTES, to - from)];
        try (out) {
            for (long at = from; at < to; at += block.length) {
                int count = (int) Math.min(block.length, to - at);
                reader.read(at, ByteBuffer.wrap(block, 0, count));
                out.write(block, 0, count);
            }
        }
    }
}
