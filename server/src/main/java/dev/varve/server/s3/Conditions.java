package dev.varve.server.s3;

import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.StoredObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/** Conditions on requests: of reads by RFC 9110, section 13.2.2, of writes as the store knows them. */
final class Conditions {
    /** What becomes of a conditional read. */
    enum Outcome {
        GO_ON,
        NOT_MODIFIED,
        FAILED
    }

    private Conditions() {}

    /**
     * Judges a read.
     *
     * @param prefix of the headers: empty, or {@code x-amz-copy-source-}
     */
    static Outcome judge(S3Request request, String prefix, StoredObject object) {
        Optional<String> ifMatch = request.header(prefix + "if-match");
        if (ifMatch.isPresent()) {
            if (!lists(ifMatch.get(), object.etag())) {
                return Outcome.FAILED;
            }
        } else {
            Optional<Instant> since = time(request, prefix + "if-unmodified-since");
            if (since.isPresent() && seconds(object).isAfter(since.get())) {
                return Outcome.FAILED;
            }
        }
        Optional<String> ifNoneMatch = request.header(prefix + "if-none-match");
        if (ifNoneMatch.isPresent()) {
            return lists(ifNoneMatch.get(), object.etag()) ? Outcome.NOT_MODIFIED : Outcome.GO_ON;
        }
        Optional<Instant> since = time(request, prefix + "if-modified-since");
        return since.isPresent() && !seconds(object).isAfter(since.get()) ? Outcome.NOT_MODIFIED : Outcome.GO_ON;
    }

    /** Whether a range is still of the object that the client means. */
    static boolean rangeHolds(S3Request request, StoredObject object) {
        Optional<String> condition = request.header("if-range");
        if (condition.isEmpty()) {
            return true;
        }
        return condition.get().startsWith("\"")
                ? unquoted(condition.get()).equals(object.etag())
                : time(request, "if-range").filter(seconds(object)::equals).isPresent();
    }

    static S3Exception failed() {
        return new S3Exception(
                S3Code.PRECONDITION_FAILED, "At least one of the pre-conditions you specified did not hold");
    }

    private static boolean lists(String header, String etag) {
        for (String one : header.split(",", -1)) {
            String tag = unquoted(one.strip());
            if (tag.equals(Condition.ANY) || tag.equals(etag)) {
                return true;
            }
        }
        return false;
    }

    static String unquoted(String etag) {
        String text = etag.startsWith("W/") ? etag.substring(2) : etag;
        return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    private static Instant seconds(StoredObject object) {
        return object.lastModified().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Dates that are none are no condition. */
    private static Optional<Instant> time(S3Request request, String header) {
        return request.header(header).flatMap(Conditions::httpTime);
    }

    private static Optional<Instant> httpTime(String text) {
        try {
            return Optional.of(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The condition of a write. */
    static Condition ofWrite(S3Request request) {
        Optional<String> ifMatch = request.header("if-match").map(Conditions::unquoted);
        Optional<String> ifNoneMatch = request.header("if-none-match").map(Conditions::unquoted);
        return new Condition(ifMatch, ifNoneMatch, OptionalLong.empty(), Optional.empty(), OptionalLong.empty());
    }

    /** The condition of a deletion, whose headers name more. */
    static Condition ofDelete(S3Request request) {
        return delete(
                request.header("if-match"),
                request.header("x-amz-if-match-last-modified-time"),
                request.header("x-amz-if-match-size"));
    }

    /** The condition of one deletion of several. */
    static Condition ofDelete(XmlElement object) {
        return delete(object.text("ETag"), object.text("LastModifiedTime"), object.text("Size"));
    }

    private static Condition delete(Optional<String> etag, Optional<String> lastModified, Optional<String> size) {
        return new Condition(
                etag.map(Conditions::unquoted),
                Optional.empty(),
                OptionalLong.empty(),
                lastModified.map(Conditions::anyTime),
                size.map(Conditions::size).map(OptionalLong::of).orElse(OptionalLong.empty()));
    }

    private static long size(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw S3Exception.invalidArgument("the size in a condition is not a whole number");
        }
    }

    private static Instant anyTime(String text) {
        return httpTime(text)
                .or(() -> {
                    try {
                        return Optional.of(DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from));
                    } catch (DateTimeException e) {
                        return Optional.empty();
                    }
                })
                .orElseThrow(() -> S3Exception.invalidArgument("the time in a condition is not a time"))
                .truncatedTo(ChronoUnit.SECONDS);
    }
}
