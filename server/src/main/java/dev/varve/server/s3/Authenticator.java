package dev.varve.server.s3;

import dev.varve.server.keys.AccessKeys;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds out who asks, by the signature of the request. */
final class Authenticator {
    /** Who asks, and how the body is signed. */
    record Result(Caller caller, Signing signing) {}

    /** What a signature says of itself. */
    private record Claim(
            String accessKey, SignatureV4.Scope scope, List<String> signedHeaders, String signature, String time) {}

    private static final Duration MOST_SKEW = Duration.ofMinutes(15);
    private static final Duration MOST_VALIDITY = Duration.ofDays(7);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SIGNATURE = Pattern.compile("[0-9a-f]{64}");
    private static final Set<String> PRESIGNED_PARAMETERS = Set.of(
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "x-amz-expires",
            "x-amz-signedheaders",
            "x-amz-signature");

    private final AccessKeys keys;
    private final InstantSource clock;

    Authenticator(AccessKeys keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    Result authenticate(S3Request request) {
        Optional<String> authorization = request.header("authorization");
        boolean isPresigned = request.isPresigned();
        if (authorization.isPresent() && isPresigned) {
            throw S3Exception.invalidArgument("a request is signed by a header or by parameters, not by both");
        }
        if (authorization.isEmpty() && !isPresigned) {
            if (request.query().has("Signature") || request.query().has("AWSAccessKeyId")) {
                throw onlyVersion4();
            }
            return new Result(Caller.ANONYMOUS, anonymousSigning(request));
        }
        if (request.header("x-amz-security-token").isPresent()) {
            throw new S3Exception(S3Code.INVALID_TOKEN, "there are no session tokens here");
        }
        return isPresigned ? presigned(request) : signed(request, authorization.orElseThrow());
    }

    private static S3Exception onlyVersion4() {
        return new S3Exception(
                S3Code.INVALID_REQUEST,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
    }

    /** Nobody's body may still be cut into chunks with a trailer. */
    private static Signing anonymousSigning(S3Request request) {
        Signing signing =
                new Signing(request.header("x-amz-content-sha256").orElse(Signing.UNSIGNED), Optional.empty());
        if (signing.hasSignedChunks()) {
            throw new S3Exception(S3Code.ACCESS_DENIED, "signed chunks need a signed request");
        }
        return checked(signing);
    }

    private Result signed(S3Request request, String authorization) {
        Claim claim = headerClaim(request, authorization);
        Instant time = time(claim.time(), S3Code.ACCESS_DENIED);
        Duration skew = Duration.between(time, clock.instant()).abs();
        String payload = request.header("x-amz-content-sha256")
                .orElseThrow(() -> new S3Exception(
                        S3Code.INVALID_REQUEST, "Missing required header for this request: x-amz-content-sha256"));
        AccessKeys.Created key = key(claim);
        Signing signing = verify(request, claim, key, request.query().all(), payload);
        // Told only to those who hold the key.
        if (skew.compareTo(MOST_SKEW) > 0) {
            throw new S3Exception(
                    S3Code.REQUEST_TIME_TOO_SKEWED,
                    "The difference between the request time and the server's time is too large.");
        }
        return new Result(new Caller(Optional.of(key.key())), signing);
    }

    private static Claim headerClaim(S3Request request, String authorization) {
        if (authorization.startsWith("AWS ")) {
            throw onlyVersion4();
        }
        if (!authorization.startsWith(SignatureV4.ALGORITHM + " ")) {
            throw S3Exception.invalidArgument("Unsupported Authorization Type");
        }
        Map<String, String> parts = new HashMap<>();
        for (String part :
                authorization.substring(SignatureV4.ALGORITHM.length()).split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals < 0
                    || parts.put(
                                    part.substring(0, equals).strip(),
                                    part.substring(equals + 1).strip())
                            != null) {
                throw malformed("a part of the Authorization header is not a name=value or comes twice");
            }
        }
        String credential = parts.get("Credential");
        String signed = parts.get("SignedHeaders");
        String signature = parts.get("Signature");
        if (credential == null || signed == null || signature == null || parts.size() != 3) {
            throw malformed("the Authorization header must have Credential, SignedHeaders and Signature");
        }
        String time = request.header("x-amz-date")
                .or(() -> request.header("date").map(Authenticator::fromHttpDate))
                .orElseThrow(() -> new S3Exception(
                        S3Code.ACCESS_DENIED, "AWS authentication requires a valid Date or x-amz-date header"));
        return claim(credential, signed, signature, time, S3Code.AUTHORIZATION_HEADER_MALFORMED);
    }

    private static S3Exception malformed(String message) {
        return new S3Exception(S3Code.AUTHORIZATION_HEADER_MALFORMED, message);
    }

    private static String fromHttpDate(String date) {
        try {
            return TIME.format(ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME));
        } catch (DateTimeException e) {
            return date;
        }
    }

    private static Claim claim(String credential, String signed, String signature, String time, S3Code malformed) {
        // An access key may hold slashes elsewhere, never here; the scope is the last four parts.
        String[] parts = credential.split("/", -1);
        if (parts.length != 5 || !parts[4].equals(SignatureV4.TERMINATOR)) {
            throw new S3Exception(malformed, "the credential is not <key>/<date>/<region>/s3/aws4_request");
        }
        if (!parts[3].equals("s3")) {
            throw new S3Exception(malformed, "the credential is for the service '" + parts[3] + "', not for 's3'");
        }
        if (!time.startsWith(parts[1] + "T")) {
            throw new S3Exception(malformed, "the credential's date is not that of the request");
        }
        if (!SIGNATURE.matcher(signature).matches()) {
            throw new S3Exception(S3Code.SIGNATURE_MISMATCH, "a signature has 64 hexadecimal digits");
        }
        List<String> headers = Arrays.asList(signed.split(";", -1));
        if (!headers.contains("host")) {
            throw new S3Exception(malformed, "the host header is not signed");
        }
        return new Claim(parts[0], new SignatureV4.Scope(parts[1], parts[2], parts[3]), headers, signature, time);
    }

    private static Instant time(String text, S3Code malformed) {
        try {
            return LocalDateTime.parse(text, TIME).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new S3Exception(malformed, "the request's time is not of the form 20260131T235959Z");
        }
    }

    private Result presigned(S3Request request) {
        Query query = request.query();
        for (String name : PRESIGNED_PARAMETERS) {
            long count = query.all().stream()
                    .filter(parameter ->
                            parameter.name().toLowerCase(Locale.ROOT).equals(name))
                    .count();
            if (count != 1) {
                throw queryError("Query-string authentication needs X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
                        + " X-Amz-Date, X-Amz-SignedHeaders and X-Amz-Expires, each once");
            }
        }
        if (!parameter(query, "x-amz-algorithm").equals(SignatureV4.ALGORITHM)) {
            throw queryError("X-Amz-Algorithm must be " + SignatureV4.ALGORITHM);
        }
        Claim claim = claim(
                parameter(query, "x-amz-credential"),
                parameter(query, "x-amz-signedheaders"),
                parameter(query, "x-amz-signature"),
                parameter(query, "x-amz-date"),
                S3Code.AUTHORIZATION_QUERY_ERROR);
        Instant signedAt = time(claim.time(), S3Code.AUTHORIZATION_QUERY_ERROR);
        Duration validity = validity(parameter(query, "x-amz-expires"));
        String payload = request.header("x-amz-content-sha256").orElse(Signing.UNSIGNED);
        List<Query.Parameter> signed = query.all().stream()
                .filter(parameter -> !parameter.name().equalsIgnoreCase("x-amz-signature"))
                .toList();
        AccessKeys.Created key = key(claim);
        Signing signing = verify(request, claim, key, signed, payload);
        Instant now = clock.instant();
        if (now.isBefore(signedAt.minus(MOST_SKEW))) {
            throw new S3Exception(S3Code.ACCESS_DENIED, "Request is not yet valid");
        }
        if (!now.isBefore(signedAt.plus(validity))) {
            throw new S3Exception(S3Code.ACCESS_DENIED, "Request has expired");
        }
        return new Result(new Caller(Optional.of(key.key())), signing);
    }

    private static String parameter(Query query, String name) {
        return query.findHeader(name).orElseThrow();
    }

    private static Duration validity(String text) {
        long seconds;
        try {
            seconds = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw queryError("X-Amz-Expires should be a number");
        }
        if (seconds < 1 || seconds > MOST_VALIDITY.toSeconds()) {
            // Clients take a range error for a refusal, and a refusal it is.
            throw new S3Exception(
                    S3Code.ACCESS_DENIED, "X-Amz-Expires must be from 1 to " + MOST_VALIDITY.toSeconds() + " seconds");
        }
        return Duration.ofSeconds(seconds);
    }

    private static S3Exception queryError(String message) {
        return new S3Exception(S3Code.AUTHORIZATION_QUERY_ERROR, message);
    }

    private AccessKeys.Created key(Claim claim) {
        return keys.find(claim.accessKey())
                .orElseThrow(() -> new S3Exception(
                        S3Code.INVALID_ACCESS_KEY,
                        "The AWS Access Key Id you provided does not exist in our records."));
    }

    private static Signing verify(
            S3Request request, Claim claim, AccessKeys.Created key, List<Query.Parameter> query, String payload) {
        Map<String, List<String>> headers = request.headers();
        for (String name : headers.keySet()) {
            if (name.startsWith("x-amz-") && !claim.signedHeaders().contains(name)) {
                throw new S3Exception(
                        S3Code.ACCESS_DENIED,
                        "There were headers present in the request which were not signed: " + name);
            }
        }
        for (String name : claim.signedHeaders()) {
            if (!headers.containsKey(name)) {
                throw mismatch();
            }
        }
        SigningKey signingKey = SignatureV4.signingKey(key.secret(), claim.scope());
        String canonical = SignatureV4.canonicalRequest(
                request.method(), request.path(), query, claim.signedHeaders(), headers, payload);
        String expected = signingKey.sign(SignatureV4.stringToSign(claim.time(), claim.scope(), canonical));
        if (!SignatureV4.isSame(expected, claim.signature())) {
            throw mismatch();
        }
        return checked(
                new Signing(payload, Optional.of(new Signing.Seed(signingKey, claim.time(), claim.scope(), expected))));
    }

    private static S3Exception mismatch() {
        return new S3Exception(
                S3Code.SIGNATURE_MISMATCH,
                "The request signature we calculated does not match the signature you provided. Check your key and"
                        + " signing method.");
    }

    private static Signing checked(Signing signing) {
        boolean isKnown = signing.isChunked()
                ? signing.hasSignedChunks() || signing.payload().equals(Signing.UNSIGNED_CHUNKS_WITH_TRAILER)
                : signing.payload().equals(Signing.UNSIGNED)
                        || SHA256.matcher(signing.payload()).matches();
        if (!isKnown) {
            throw S3Exception.invalidArgument(
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER],"
                            + " STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.");
        }
        return signing;
    }
}
