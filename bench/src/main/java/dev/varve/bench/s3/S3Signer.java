package dev.varve.bench.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs requests with AWS Signature Version 4, as little as a server asks for. Used by one thread. */
public final class S3Signer {
    public static final String UNSIGNED = "UNSIGNED-PAYLOAD";

    private static final String REGION = "us-east-1";
    private static final String SIGNED_HEADERS = "host;x-amz-content-sha256;x-amz-date";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final S3Key key;
    private final String host;
    private final MessageDigest sha256;
    private final Mac mac;
    private String date = "";

    public S3Signer(S3Key key, String host) {
        this.key = key;
        this.host = host;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            mac = Mac.getInstance("HmacSHA256");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * The headers that say who asks, each with its end of line.
     *
     * @param path without characters that need a code
     * @param query in order of names, coded
     * @param payload SHA-256 of the body in hex, or {@link #UNSIGNED}
     */
    public String headers(String method, String path, String query, String payload) {
        String time = TIME.format(Instant.now());
        String scope = time.substring(0, 8) + "/" + REGION + "/s3/aws4_request";
        String canonical = method + "\n" + path + "\n" + query + "\nhost:" + host + "\nx-amz-content-sha256:" + payload
                + "\nx-amz-date:" + time + "\n\n" + SIGNED_HEADERS + "\n" + payload;
        useKeyOf(time.substring(0, 8));
        String signature = HexFormat.of()
                .formatHex(mac.doFinal(
                        ("AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + sha256Hex(canonical)).getBytes(UTF_8)));
        return "Host: " + host + "\r\nx-amz-content-sha256: " + payload + "\r\nx-amz-date: " + time
                + "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=" + key.id() + "/" + scope + ", SignedHeaders="
                + SIGNED_HEADERS + ", Signature=" + signature + "\r\n";
    }

    private String sha256Hex(String text) {
        return HexFormat.of().formatHex(sha256.digest(text.getBytes(UTF_8)));
    }

    private void useKeyOf(String day) {
        if (day.equals(date)) {
            return;
        }
        byte[] derived = ("AWS4" + key.secret()).getBytes(UTF_8);
        for (String part : new String[] {day, REGION, "s3", "aws4_request"}) {
            use(derived);
            derived = mac.doFinal(part.getBytes(UTF_8));
        }
        use(derived);
        date = day;
    }

    private void use(byte[] secret) {
        try {
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key of any bytes serves", e);
        }
    }
}
