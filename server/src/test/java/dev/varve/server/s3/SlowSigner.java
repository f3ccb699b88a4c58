package dev.varve.server.s3;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Signature Version 4 written down step by step from its description, sharing nothing with the code under test. */
final class SlowSigner {
    private static final String FREE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private SlowSigner() {}

    static String uriEncode(byte[] input, boolean encodeSlash) {
        StringBuilder result = new StringBuilder();
        for (byte one : input) {
            if (FREE.indexOf((char) one) >= 0 || (one == '/' && !encodeSlash)) {
                result.append((char) one);
            } else {
                result.append(String.format("%%%02X", one));
            }
        }
        return result.toString();
    }

    static String uriEncode(String text) {
        return uriEncode(text.getBytes(StandardCharsets.UTF_8), true);
    }

    static String canonicalRequest(
            String method,
            byte[] path,
            List<Query.Parameter> query,
            List<String> signed,
            Map<String, List<String>> headers,
            String payload) {
        String parameters = query.stream()
                .map(parameter -> new String[] {uriEncode(parameter.name()), uriEncode(parameter.value())})
                .sorted(Comparator.<String[], String>comparing(pair -> pair[0]).thenComparing(pair -> pair[1]))
                .map(pair -> pair[0] + "=" + pair[1])
                .collect(Collectors.joining("&"));
        String lines = signed.stream()
                .map(name -> name + ":"
                        + headers.getOrDefault(name, List.of()).stream()
                                .map(value -> String.join(
                                        " ",
                                        Arrays.stream(value.split("[ \t]+"))
                                                .filter(word -> !word.isEmpty())
                                                .toList()))
                                .collect(Collectors.joining(","))
                        + "\n")
                .collect(Collectors.joining());
        return String.join("\n", method, uriEncode(path, false), parameters, lines, String.join(";", signed), payload);
    }

    static String signature(String secret, String date, String region, String text) {
        byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
        for (String step : List.of(date, region, "s3", "aws4_request", text)) {
            key = hmac(key, step.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(key);
    }

    /** RFC 2104, by hand. */
    static byte[] hmac(byte[] key, byte[] message) {
        byte[] block = Arrays.copyOf(key.length > 64 ? sha256(key) : key, 64);
        byte[] inner = block.clone();
        byte[] outer = block.clone();
        for (int i = 0; i < 64; i++) {
            inner[i] ^= 0x36;
            outer[i] ^= 0x5c;
        }
        return sha256(joined(outer, sha256(joined(inner, message))));
    }

    private static byte[] joined(byte[] one, byte[] other) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(one);
        bytes.writeBytes(other);
        return bytes.toByteArray();
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As the header Content-MD5 has it. */
    static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
