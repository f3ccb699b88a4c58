package dev.varve.server.wire;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Texts in requests. */
public final class Texts {
    private Texts() {}

    /** The text that the bytes encode; {@code what} names it in the error for those that are not UTF-8. */
    public static String utf8(byte[] bytes, String what) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, what + " is not UTF-8", e);
        }
    }

    /** A text of 1 to 200 printable ASCII characters, such as an id chosen by a client. */
    public static String token(String name, String text) {
        boolean printable = text.chars().allMatch(c -> c >= ' ' && c < 0x7F);
        if (text.isBlank() || text.length() > 200 || !printable) {
            throw new VarveException(ErrorCode.BAD_REQUEST, name + " has " + text.length() + " characters")
                    .withHint("use 1 to 200 printable ASCII characters");
        }
        return text;
    }
}
