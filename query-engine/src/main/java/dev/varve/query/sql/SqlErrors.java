package dev.varve.query.sql;

import dev.varve.catalog.Dataset;
import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import dev.varve.model.VarveException.Position;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.runtime.CalciteContextException;
import org.apache.calcite.sql.parser.SqlParseException;

/** Says in our words what the grammar or the validator did not like, where, and what was probably meant. */
final class SqlErrors {
    private static final Pattern ENCOUNTERED =
            Pattern.compile("(?s)Encountered \"(.*?)\" at line (\\d+), column (\\d+).*");
    private static final Pattern LEXICAL =
            Pattern.compile("(?s)Lexical error at line (\\d+), column (\\d+)\\.\\s+Encountered: (.*?)(?:, after.*|$)");
    private static final Pattern PLACE = Pattern.compile("(?i)\\s*at line (\\d+), column (\\d+)\\s*");
    private static final Pattern NO_TABLE = Pattern.compile("(?s)Object '(.*?)' not found.*");
    private static final Pattern NO_COLUMN =
            Pattern.compile("(?s)Column '(.*?)' not found in (?:any table|table '(.*?)').*");
    private static final Pattern NO_FUNCTION =
            Pattern.compile("(?s)No match found for function signature (.*?)\\((.*)\\)");
    private static final Pattern NO_ALIAS = Pattern.compile("(?s)Table '(.*?)' not found.*");
    private static final Pattern AMBIGUOUS = Pattern.compile("(?s)Column '(.*?)' is ambiguous.*");
    private static final Pattern TIME_DIFFERENCE = Pattern.compile(
            "(?s)Cannot apply '-' to arguments of type '<(TIMESTAMP|DATE)\\b.*> - <(TIMESTAMP|DATE)\\b.*>'.*");
    private static final int LONGEST = 400;

    private final SqlText text;
    private final List<Dataset> datasets;
    private final Functions functions;

    SqlErrors(SqlText text, List<Dataset> datasets, Functions functions) {
        this.text = text;
        this.datasets = datasets;
        this.functions = functions;
    }

    VarveException of(SqlParseException error) {
        String message = String.valueOf(error.getMessage());
        Matcher unexpected = ENCOUNTERED.matcher(message);
        if (unexpected.matches()) {
            Position position = place(unexpected, 2);
            String[] words = unexpected.group(1).trim().split("\\s+", 2);
            String word = words[0].replace("\\\"", "").replace("\\'", "'");
            boolean isEnd = unexpected.group(1).contains("<EOF>");
            VarveException parse = isEnd
                    ? new VarveException(ErrorCode.SQL_PARSE, "the query ends too early")
                    : new VarveException(ErrorCode.SQL_PARSE, "'" + word + "' is not expected here");
            if (word.equalsIgnoreCase("on") && text.mentions("distinct")) {
                parse = parse.withHint("DISTINCT ON is not available; use QUALIFY row_number() OVER (…) = 1");
            } else if (error.getExpectedTokenNames().size() > 0 && text.mentions(word.toLowerCase(Locale.ROOT))) {
                parse = parse.withHint("if it is a name, put it in double quotes");
            }
            return parse.at(isEnd ? text.end() : position);
        }
        Matcher lexical = LEXICAL.matcher(message);
        if (lexical.matches()) {
            return new VarveException(
                            ErrorCode.SQL_PARSE, "the character " + lexical.group(3) + " is not expected here")
                    .at(place(lexical, 1));
        }
        return place(
                new VarveException(ErrorCode.SQL_PARSE, firstLine(message)),
                error.getPos().getLineNum(),
                error.getPos().getColumnNum());
    }

    VarveException of(CalciteContextException error) {
        Throwable cause = error.getCause();
        String message = firstLine(String.valueOf(cause == null ? error.getMessage() : cause.getMessage()));
        return place(invalid(message), error.getPosLine(), error.getPosColumn());
    }

    /** For what the planner refuses without saying where. */
    VarveException ofPlanner(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
            if (cause instanceof VarveException known) {
                return known;
            }
            if (cause instanceof CalciteContextException context) {
                return of(context);
            }
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new VarveException(
                        ErrorCode.SQL_UNSUPPORTED, "the query cannot be planned: " + firstLine(message), error)
                .withHint("try to write it in another way");
    }

    private VarveException place(VarveException error, int line, int column) {
        return line > 0 ? error.at(text.position(line, column)) : error;
    }

    private Position place(Matcher matcher, int group) {
        return text.position(Integer.parseInt(matcher.group(group)), Integer.parseInt(matcher.group(group + 1)));
    }

    private VarveException invalid(String message) {
        Matcher table = NO_TABLE.matcher(message);
        if (table.matches()) {
            List<String> names =
                    datasets.stream().map(dataset -> dataset.name().value()).toList();
            String hint = NearestName.of(table.group(1), names)
                    .map(name -> "did you mean '" + name + "'?")
                    .orElse(names.isEmpty() ? "there are no datasets yet" : "there are " + some(names));
            return new VarveException(ErrorCode.DATASET_NOT_FOUND, "dataset '" + table.group(1) + "' not found")
                    .withHint(hint);
        }
        Matcher column = NO_COLUMN.matcher(message);
        if (column.matches()) {
            return withNearest(
                    new VarveException(
                            ErrorCode.SQL_INVALID,
                            "column '" + column.group(1) + "' not found in "
                                    + (column.group(2) == null ? "any table" : "'" + column.group(2) + "'")),
                    column.group(1),
                    columns());
        }
        Matcher function = NO_FUNCTION.matcher(message);
        if (function.matches()) {
            String name = function.group(1).toLowerCase(Locale.ROOT);
            String types = function.group(2).replaceAll("[<>]", "").toLowerCase(Locale.ROOT);
            VarveException error =
                    new VarveException(ErrorCode.SQL_INVALID, "there is no function " + name + "(" + types + ")");
            return functions.names().contains(name)
                    ? error.withHint(name + " takes other arguments")
                    : withNearest(error, name, functions.names());
        }
        Matcher ambiguous = AMBIGUOUS.matcher(message);
        if (ambiguous.matches()) {
            String name = ambiguous.group(1);
            return new VarveException(ErrorCode.SQL_INVALID, "column '" + name + "' is ambiguous")
                    .withHint("say of which dataset, such as "
                            + mentioned().stream()
                                    .filter(dataset ->
                                            dataset.schema().find(name).isPresent())
                                    .map(dataset -> dataset.name() + "." + name)
                                    .findFirst()
                                    .orElse("a." + name));
        }
        Matcher alias = NO_ALIAS.matcher(message);
        if (alias.matches()) {
            return new VarveException(ErrorCode.SQL_INVALID, "'" + alias.group(1) + "' is not in FROM");
        }
        if (TIME_DIFFERENCE.matcher(message).matches()) {
            return new VarveException(ErrorCode.SQL_UNSUPPORTED, "a time minus a time is not available")
                    .withHint("epoch(a) - epoch(b) gives seconds; date_diff('day', b, a) counts the days begun");
        }
        return new VarveException(ErrorCode.SQL_INVALID, message);
    }

    private List<Dataset> mentioned() {
        return datasets.stream()
                .filter(dataset -> text.mentions(dataset.name().value()))
                .toList();
    }

    private Set<String> columns() {
        Set<String> names = new TreeSet<>();
        List<Dataset> named = mentioned();
        for (Dataset dataset : named.isEmpty() ? datasets : named) {
            dataset.schema().all().stream().map(Column::name).forEach(names::add);
        }
        return names;
    }

    private static VarveException withNearest(VarveException error, String name, Collection<String> known) {
        return NearestName.of(name, known)
                .map(nearest -> error.withHint("did you mean '" + nearest + "'?"))
                .orElse(error);
    }

    private static String some(List<String> names) {
        List<String> first = names.subList(0, Math.min(names.size(), 8));
        return String.join(", ", first) + (names.size() > first.size() ? ", …" : "");
    }

    private static String firstLine(String message) {
        String line = PLACE.matcher(message.lines().findFirst().orElse(""))
                .replaceAll(" ")
                .strip();
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }
}
