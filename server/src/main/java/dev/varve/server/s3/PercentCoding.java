package dev.varve.server.s3;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Percent-coding as AWS signs it: all but letters, digits and {@code -_.~} is coded, in upper-case hexadecimal. */
final class PercentCoding {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private PercentCoding() {}

    /** Decodes text whose characters are bytes; {@code +} stays as it is. */
    static byte[] decode(String coded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(coded.length());
        for (int i = 0; i < coded.length(); i++) {
            char next = coded.charAt(i);
            if (next == '%') {
                if (i + 2 >= coded.length()
                        || !HexFormat.isHexDigit(coded.charAt(i + 1))
                        || !HexFormat.isHexDigit(coded.charAt(i + 2))) {
                    throw new S3Exception(S3Code.INVALID_URI, "a percent sign is not followed by two hex digits");
                }
                bytes.write(HexFormat.fromHexDigits(coded, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(next);
            }
        }
        return bytes.toByteArray();
    }

    /** The bytes as text, which they must be in UTF-8. */
    static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new S3Exception(S3Code.INVALID_URI, "the URI is not percent-coded UTF-8");
        }
    }

    static String encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8), false);
    }

    /** Codes everything but slashes. */
    static String encodePath(byte[] path) {
        return encode(path, true);
    }

    private static String encode(byte[] bytes, boolean keepsSlash) {
        StringBuilder coded = new StringBuilder(bytes.length + 16);
        for (byte one : bytes) {
            char next = (char) (one & 0xFF);
            if ((next >= 'a' && next <= 'z')
                    || (next >= 'A' && next <= 'Z')
                    || (next >= '0' && next <= '9')
                    || next == '-'
                    || next == '_'
                    || next == '.'
                    || next == '~'
                    || (next == '/' && keepsSlash)) {
                coded.append(next);
            } else {
                coded.append('%').append(HEX.toHexDigits(one));
            }
        }
        return coded.toString();
    }
}
