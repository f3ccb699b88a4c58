package dev.varve.query.sql;

import java.util.Locale;

/**
 * A word, literal or sign of an SQL text.
 *
 * @param start offset of its first character
 * @param end offset behind its last character
 */
record Token(Kind kind, String text, int start, int end) {
    enum Kind {
        WORD,
        /** In double quotes. */
        QUOTED,
        /** In single quotes. */
        STRING,
        NUMBER,
        /** {@code ?} or {@code :name}. */
        PARAMETER,
        SIGN
    }

    boolean isWord(String lowerCase) {
        return kind == Kind.WORD && text.equalsIgnoreCase(lowerCase);
    }

    boolean isSign(String sign) {
        return kind == Kind.SIGN && text.equals(sign);
    }

    String lowerCase() {
        return text.toLowerCase(Locale.ROOT);
    }

    /** What a string says, without its quotes. */
    String content() {
        return text.substring(1, text.length() - 1).replace("''", "'");
    }
}
