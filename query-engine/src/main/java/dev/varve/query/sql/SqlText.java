package dev.varve.query.sql;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.VarveException.Position;
import dev.varve.query.sql.Token.Kind;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An SQL text made ready for the grammar, with a way back from its places to the original's.
 *
 * <p>The grammar reserves words that people use as column names ({@code time}, {@code date}, …) and gives some function
 * names a syntax of their own. Here such words are quoted wherever they are names; ISO times, PostgreSQL's intervals and
 * type names are put as the grammar wants them; named parameters become {@code ?}.
 */
final class SqlText {
    static final int MOST_CHARACTERS = 1 << 20;
    private static final int DEEPEST = 200;

    /** Statements that would change something; the first word says so. */
    private static final Set<String> WRITING = Set.of(
            "insert",
            "update",
            "delete",
            "merge",
            "create",
            "drop",
            "alter",
            "truncate",
            "copy",
            "set",
            "reset",
            "attach",
            "detach",
            "pragma",
            "call",
            "install",
            "load",
            "grant",
            "revoke",
            "begin",
            "start",
            "commit",
            "rollback",
            "vacuum",
            "analyze",
            "checkpoint",
            "export",
            "import",
            "use",
            "upsert",
            "replace",
            "execute",
            "prepare",
            "deallocate",
            "comment",
            "refresh",
            "lock");

    private static final Set<String> QUERIES = Set.of("select", "with", "values", "table");

    /** Words that the grammar reserves though they are good names; {@link #isKeyword} says where they stay keywords. */
    private static final Set<String> NAMES = Set.of(
            "time",
            "date",
            "timestamp",
            "datetime",
            "current",
            "cursor",
            "default",
            "define",
            "describe",
            "grant",
            "language",
            "match",
            "measure",
            "new",
            "next",
            "ordinal",
            "pattern",
            "range",
            "skip",
            "snapshot",
            "stream",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
            "uuid",
            "variant",
            "volatile",
            "unsigned",
            "call",
            "user",
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "value",
            "position",
            "date_part",
            "dateadd",
            "datediff",
            "datepart");

    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("text", "varchar"),
            Map.entry("string", "varchar"),
            Map.entry("int8", "bigint"),
            Map.entry("int64", "bigint"),
            Map.entry("long", "bigint"),
            Map.entry("int4", "integer"),
            Map.entry("int32", "integer"),
            Map.entry("int2", "smallint"),
            Map.entry("float8", "double"),
            Map.entry("float4", "real"),
            Map.entry("float", "double"),
            Map.entry("bool", "boolean"),
            Map.entry("timestamptz", "timestamp"),
            Map.entry("datetime", "timestamp"),
            Map.entry("bytea", "varbinary"),
            Map.entry("blob", "varbinary"));

    private static final Pattern INTERVAL_PART = Pattern.compile("\\s*([+-]?\\d+(?:\\.\\d+)?)\\s*([a-zA-Z]+)\\s*,?");

    private final String original;
    private final List<Token> tokens;
    private final StringBuilder text = new StringBuilder();
    private final List<int[]> places = new ArrayList<>();
    private final List<@Nullable String> parameters = new ArrayList<>();
    private final Set<String> words = new HashSet<>();
    private final boolean explain;

    /** Reads the words of one query; {@code functions} are the names that are looked up, never parsed, before a bracket,
     * {@code orderedAggregates} those that take {@code x ORDER BY y} inside of it. */
    SqlText(String sql, Set<String> functions, Set<String> orderedAggregates) {
        if (sql.length() > MOST_CHARACTERS) {
            throw new VarveException(
                            ErrorCode.TOO_LARGE,
                            "the query is " + sql.length() + " characters long; at most " + MOST_CHARACTERS
                                    + " are accepted")
                    .withHint("put long lists into a dataset and join with it");
        }
        original = sql;
        tokens = new ArrayList<>(Tokens.of(sql));
        while (!tokens.isEmpty() && tokens.getLast().isSign(";")) {
            tokens.removeLast();
        }
        for (Token token : tokens) {
            if (token.isSign(";")) {
                throw new VarveException(ErrorCode.SQL_UNSUPPORTED, "there are several statements")
                        .withHint("send one statement at a time")
                        .at(position(token));
            }
        }
        explain = !tokens.isEmpty() && tokens.getFirst().isWord("explain");
        if (explain) {
            tokens.removeFirst();
            if (!tokens.isEmpty() && tokens.getFirst().isWord("plan")) {
                tokens.removeFirst();
                if (!tokens.isEmpty() && tokens.getFirst().isWord("for")) {
                    tokens.removeFirst();
                }
            }
        }
        checkIsQuery();
        rewrite(functions, orderedAggregates);
    }

    private void checkIsQuery() {
        if (tokens.isEmpty()) {
            throw new VarveException(ErrorCode.SQL_PARSE, "the query is empty")
                    .withHint("for example: SELECT count(*) FROM <dataset>");
        }
        Token first = tokens.getFirst();
        String word = first.lowerCase();
        if (first.isSign("(") || (first.kind() == Kind.WORD && QUERIES.contains(word))) {
            return;
        }
        if (first.kind() == Kind.WORD && WRITING.contains(word)) {
            throw new VarveException(
                            ErrorCode.SQL_READ_ONLY,
                            "SQL is for reading; " + word.toUpperCase(Locale.ROOT) + " is not available")
                    .withHint("make datasets with POST /api/v1/datasets and send rows to their /rows")
                    .at(position(first));
        }
        if (first.isWord("show") || first.isWord("describe")) {
            throw new VarveException(
                            ErrorCode.SQL_UNSUPPORTED, word.toUpperCase(Locale.ROOT) + " is not available in SQL")
                    .withHint("GET /api/v1/datasets lists datasets, GET /api/v1/datasets/NAME describes one")
                    .at(position(first));
        }
        throw new VarveException(ErrorCode.SQL_PARSE, "a query cannot start with '" + first.text() + "'")
                .withHint("it starts with SELECT, WITH, VALUES or EXPLAIN")
                .at(position(first));
    }

    private void rewrite(Set<String> functions, Set<String> orderedAggregates) {
        Deque<String> brackets = new ArrayDeque<>();
        int previousEnd = tokens.getFirst().start();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            Token before = i == 0 ? null : tokens.get(i - 1);
            gap(previousEnd, token.start());
            places.add(new int[] {text.length(), token.start()});
            int last = i;
            switch (token.kind()) {
                case SIGN -> {
                    if (token.isSign("(")) {
                        brackets.push(before != null && before.kind() == Kind.WORD ? before.lowerCase() : "");
                        if (brackets.size() > DEEPEST) {
                            throw new VarveException(
                                            ErrorCode.TOO_LARGE, "brackets are nested more than " + DEEPEST + " deep")
                                    .at(position(token));
                        }
                    } else if (token.isSign(")") && !brackets.isEmpty()) {
                        brackets.pop();
                    }
                    text.append(token.text());
                    if (before != null
                            && before.isWord("filter")
                            && token.isSign("(")
                            && !isWord(i + 1, "where")
                            && isSign(i - 2, ")")) {
                        text.append("where ");
                    }
                }
                case STRING, NUMBER -> text.append(token.text());
                case QUOTED -> {
                    words.add(token.text().substring(1, token.text().length() - 1));
                    text.append(token.text());
                }
                case PARAMETER -> {
                    parameters.add(
                            token.text().equals("?") ? null : token.text().substring(1));
                    text.append('?');
                }
                case WORD -> {
                    words.add(token.lowerCase());
                    if (token.isWord("order")
                            && isWord(i + 1, "by")
                            && !brackets.isEmpty()
                            && orderedAggregates.contains(brackets.peek())) {
                        text.append(") within group (");
                    }
                    last = word(i, brackets, functions);
                }
            }
            previousEnd = tokens.get(last).end();
            i = last;
        }
    }

    /** White space between tokens stays, so that lines do; a comment becomes a space. */
    private void gap(int from, int to) {
        String between = original.substring(from, to);
        if (between.isEmpty()) {
            return;
        }
        boolean comment = between.contains("--") || between.contains("/*");
        text.append(comment ? (between.contains("\n") ? "\n" : " ") : between);
    }

    /** Writes the word at {@code i} and returns the index of the last token it took with it. */
    private int word(int i, Deque<String> brackets, Set<String> functions) {
        Token token = tokens.get(i);
        String word = token.lowerCase();
        Token next = token(i + 1);
        if (inType(i, brackets)) {
            text.append(TYPES.getOrDefault(word, word));
            return word.equals("timestamp") || word.equals("timestamptz") ? zone(i) : i;
        }
        if (word.equals("timestamp") || word.equals("timestamptz") || word.equals("datetime")) {
            int literal = zone(i) + 1;
            if (literal < tokens.size() && tokens.get(literal).kind() == Kind.STRING) {
                text.append("TIMESTAMP '")
                        .append(TimeText.sql(time(tokens.get(literal))))
                        .append('\'');
                return literal;
            }
        }
        if (word.equals("date") && next != null && next.kind() == Kind.STRING) {
            text.append("DATE '").append(time(next).toLocalDate()).append('\'');
            return i + 1;
        }
        if (word.equals("interval") && next != null && (next.kind() == Kind.STRING || next.kind() == Kind.NUMBER)) {
            return interval(i, next);
        }
        if (word.equals("recursive") && isWord(i - 1, "with")) {
            throw new VarveException(ErrorCode.SQL_UNSUPPORTED, "WITH RECURSIVE is not available")
                    .withHint(
                            "leave out RECURSIVE if nothing in it refers to itself; else repeat the query at the client")
                    .at(position(token));
        }
        boolean called = next != null && next.isSign("(");
        if (called ? functions.contains(word) : NAMES.contains(word) && !isKeyword(i, word, brackets)) {
            text.append('"').append(word).append('"');
        } else {
            text.append(token.text());
        }
        return i;
    }

    private @Nullable Token token(int i) {
        return i >= 0 && i < tokens.size() ? tokens.get(i) : null;
    }

    private boolean isWord(int i, String... any) {
        Token token = token(i);
        return token != null && token.kind() == Kind.WORD && List.of(any).contains(token.lowerCase());
    }

    private boolean isSign(int i, String sign) {
        Token token = token(i);
        return token != null && token.isSign(sign);
    }

    private boolean isKind(int i, Kind kind) {
        Token token = token(i);
        return token != null && token.kind() == kind;
    }

    private boolean inType(int i, Deque<String> brackets) {
        Token before = token(i - 1);
        if (before == null) {
            return false;
        }
        String bracket = brackets.isEmpty() ? "" : brackets.peek();
        return before.isSign("::")
                || (before.isWord("as")
                        && (bracket.equals("cast") || bracket.equals("try_cast") || bracket.equals("safe_cast")));
    }

    /** The index of the last word of {@code timestamp with time zone}. */
    private int zone(int i) {
        return isWord(i + 1, "with", "without") && isWord(i + 2, "time") && isWord(i + 3, "zone") ? i + 3 : i;
    }

    /** Whether a word that could be a name is part of the grammar where it stands. */
    private boolean isKeyword(int i, String word, Deque<String> brackets) {
        String bracket = brackets.isEmpty() ? "" : brackets.peek();
        return switch (word) {
            case "year", "month", "day", "hour", "minute", "second" ->
                (bracket.equals("extract") && isWord(i + 1, "from"))
                        || ((bracket.equals("floor") || bracket.equals("ceil")) && isWord(i - 1, "to"))
                        || (isKind(i - 1, Kind.STRING) && isWord(i - 2, "interval"));
            case "time" -> isWord(i + 1, "zone");
            case "current" -> isWord(i + 1, "row");
            case "next" -> isWord(i - 1, "fetch");
            case "range" -> isWord(i + 1, "between", "unbounded", "current", "interval");
            default -> false;
        };
    }

    private LocalDateTime time(Token literal) {
        return TimeText.parse(literal.content())
                .orElseThrow(() -> new VarveException(ErrorCode.SQL_INVALID, literal.text() + " is not a time")
                        .withHint("write it like '2021-07-10', '2021-07-10 20:32:43.47' or '2021-07-10T20:32:43Z'")
                        .at(position(literal)));
    }

    /** Writes {@code interval '1 day'}, {@code interval 1 day} or {@code interval '1' day} in the last form. */
    private int interval(int i, Token value) {
        Token unit = token(i + 2);
        boolean string = value.kind() == Kind.STRING;
        String amount = string ? value.content() : value.text();
        if (unit != null && unit.kind() == Kind.WORD && amount.matches("\\s*[+-]?\\d+(\\.\\d+)?\\s*")) {
            Optional<String> normal = Interval.sql(amount.strip(), unit.lowerCase());
            if (normal.isPresent() && !isWord(i + 3, "to")) {
                text.append(normal.get());
                return i + 2;
            }
            text.append("INTERVAL '").append(amount.strip()).append('\'');
            return i + 1;
        }
        Matcher parts = INTERVAL_PART.matcher(amount);
        StringBuilder sum = new StringBuilder();
        int end = 0;
        while (parts.lookingAt()) {
            String part = Interval.sql(parts.group(1), parts.group(2).toLowerCase(Locale.ROOT))
                    .orElse(null);
            if (part == null) {
                break;
            }
            sum.append(sum.isEmpty() ? "" : " + ").append(part);
            end = parts.end();
            parts.region(end, amount.length());
        }
        if (!string || sum.isEmpty() || !amount.substring(end).isBlank()) {
            if (string && isKind(i + 2, Kind.WORD)) {
                text.append("INTERVAL ").append(value.text());
                return i + 1;
            }
            throw new VarveException(ErrorCode.SQL_INVALID, value.text() + " is not an interval")
                    .withHint("write it like INTERVAL '1 day' or INTERVAL '90' MINUTE")
                    .at(position(value));
        }
        text.append(sum.indexOf(" + ") < 0 ? sum : "(" + sum + ")");
        return i + 1;
    }

    /** The text for the grammar. */
    String text() {
        return text.toString();
    }

    boolean isExplain() {
        return explain;
    }

    /** For each parameter in order its name, or null if it is a question mark. */
    List<@Nullable String> parameters() {
        return parameters;
    }

    /** Whether a word or quoted name occurs, in lower case. */
    boolean mentions(String word) {
        return words.contains(word);
    }

    /** Where a string literal stands, or null. */
    @Nullable
    Position positionOfString(String content) {
        for (Token token : tokens) {
            if (token.kind() == Kind.STRING && token.content().equals(content)) {
                return position(token);
            }
        }
        return null;
    }

    private Position position(Token token) {
        return Tokens.position(original, token.start());
    }

    /** Where the query ends. */
    Position end() {
        return Tokens.position(original, tokens.getLast().end());
    }

    /** The place in the original of a place in {@link #text()}. */
    Position position(int line, int column) {
        int offset = 0;
        for (int skipped = 1; skipped < line; skipped++) {
            int newline = text.indexOf("\n", offset);
            if (newline < 0) {
                break;
            }
            offset = newline + 1;
        }
        offset += column - 1;
        int low = 0;
        int high = places.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (places.get(middle)[0] <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (offset >= text.length()) {
            return end();
        }
        return Tokens.position(original, places.get(low)[1]);
    }
}
