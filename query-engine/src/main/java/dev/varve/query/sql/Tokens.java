package dev.varve.query.sql;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.VarveException.Position;
import dev.varve.query.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Cuts SQL text into tokens; white space and comments separate them and vanish. */
final class Tokens {
    static final int MOST = 30_000;

    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Tokens(String sql) {
        this.sql = sql;
    }

    static List<Token> of(String sql) {
        Tokens tokens = new Tokens(sql);
        tokens.read();
        return tokens.tokens;
    }

    private void read() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Character.isWhitespace(c) || c == '\uFEFF') {
                at++;
            } else if (sql.startsWith("--", at)) {
                int end = sql.indexOf('\n', at);
                at = end < 0 ? sql.length() : end;
            } else if (sql.startsWith("/*", at)) {
                at = closing("*/", at + 2, "comment");
            } else {
                Token token = token(c);
                tokens.add(token);
                at = token.end();
                if (tokens.size() > MOST) {
                    throw new VarveException(
                                    ErrorCode.TOO_LARGE, "the query has more than " + MOST + " words and signs")
                            .withHint("put long lists into a dataset and join with it");
                }
            }
        }
    }

    private Token token(char c) {
        if (c == '\'') {
            return take(Kind.STRING, quoted('\'', "string"));
        }
        if (c == '"') {
            return take(Kind.QUOTED, quoted('"', "quoted name"));
        }
        if (isNameStart(c)) {
            return take(Kind.WORD, skip(Tokens::isNamePart, at + 1));
        }
        if (isDigit(c) || (c == '.' && at + 1 < sql.length() && isDigit(sql.charAt(at + 1)))) {
            return take(Kind.NUMBER, number());
        }
        if (c == '?') {
            return take(Kind.PARAMETER, at + 1);
        }
        if (sql.startsWith("::", at)) {
            return take(Kind.SIGN, at + 2);
        }
        if (c == ':' && at + 1 < sql.length() && isNameStart(sql.charAt(at + 1))) {
            return take(Kind.PARAMETER, skip(Tokens::isNamePart, at + 1));
        }
        if (sql.startsWith("//", at)) {
            throw new VarveException(ErrorCode.SQL_PARSE, "'//' is not an operator here")
                    .withHint("'/' divides whole numbers to whole numbers")
                    .at(position(sql, at));
        }
        return take(Kind.SIGN, sql.startsWith("||", at) ? at + 2 : at + 1);
    }

    private Token take(Kind kind, int end) {
        return new Token(kind, sql.substring(at, end), at, end);
    }

    private int number() {
        int end = skip(Tokens::isDigit, at);
        if (end < sql.length() && sql.charAt(end) == '.') {
            end = skip(Tokens::isDigit, end + 1);
        }
        if (end < sql.length() && (sql.charAt(end) == 'e' || sql.charAt(end) == 'E')) {
            int exponent = end + 1;
            if (exponent < sql.length() && (sql.charAt(exponent) == '+' || sql.charAt(exponent) == '-')) {
                exponent++;
            }
            int after = skip(Tokens::isDigit, exponent);
            if (after > exponent) {
                end = after;
            }
        }
        return end;
    }

    private int quoted(char quote, String what) {
        int end = at + 1;
        while (true) {
            end = closing(String.valueOf(quote), end, what);
            if (end >= sql.length() || sql.charAt(end) != quote) {
                return end;
            }
            end++;
        }
    }

    private int closing(String mark, int from, String what) {
        int found = sql.indexOf(mark, from);
        if (found < 0) {
            throw new VarveException(ErrorCode.SQL_PARSE, "a " + what + " is not closed")
                    .withHint("it starts here and needs " + mark)
                    .at(position(sql, at));
        }
        return found + mark.length();
    }

    private interface CharTest {
        boolean accepts(char c);
    }

    private int skip(CharTest test, int from) {
        int end = from;
        while (end < sql.length() && test.accepts(sql.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNameStart(char c) {
        return Character.isLetter(c) || c == '_';
    }

    private static boolean isNamePart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$';
    }

    /** Line and column of an offset; both from 1. */
    static Position position(String sql, int offset) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < Math.min(offset, sql.length()); i++) {
            if (sql.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return new Position(line, offset - lineStart + 1);
    }
}
