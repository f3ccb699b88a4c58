package dev.varve.server.cli;

import dev.varve.sdk.Statement;
import dev.varve.server.console.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The query a command runs: its text, parameters and time limit. */
final class SqlText {
    private static final Pattern NAMED = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)=(.*)", Pattern.DOTALL);
    private static final Pattern WHOLE = Pattern.compile("[-+]?\\d{1,18}");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(\\d+\\.\\d*|\\.\\d+|\\d+)([eE][-+]?\\d+)?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|min|h)");

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Parameters(arity = "0..1", paramLabel = "SQL", description = "the query")
    private @Nullable String text;

    @Option(names = "-f", paramLabel = "FILE", description = "read the query from a file; - is standard input")
    private @Nullable String file;

    @Option(
            names = "--param",
            paramLabel = "[NAME=]VALUE",
            description = "a value for :NAME, or for the next ?; numbers, true, false and null are taken as such,"
                    + " '5' in quotes is a text")
    private List<String> parameters = new ArrayList<>();

    @Option(names = "--timeout", paramLabel = "TIME", description = "such as 30s or 500ms; default: the node's limit")
    private @Nullable String timeout;

    Statement statement(Terminal terminal) throws IOException {
        Statement statement = Statement.of(read(terminal));
        List<@Nullable Object> positional = new ArrayList<>();
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        for (String parameter : parameters) {
            Matcher pair = NAMED.matcher(parameter);
            if (pair.matches()) {
                named.put(pair.group(1), value(pair.group(2)));
            } else {
                positional.add(value(parameter));
            }
        }
        if (!positional.isEmpty() && !named.isEmpty()) {
            throw usage("--param: give all values a name, or none");
        }
        statement = named.isEmpty() ? statement.params(positional) : statement.params(named);
        return timeout == null ? statement : statement.timeout(duration(timeout));
    }

    private String read(Terminal terminal) throws IOException {
        if (text != null && file != null) {
            throw usage("give the query as an argument or by -f, not both");
        }
        if (text != null && !text.equals("-")) {
            return text;
        }
        if (file != null && !file.equals("-")) {
            return Files.readString(Path.of(file));
        }
        if (text == null && file == null) {
            throw usage("no query: give it as an argument, by -f FILE, or by -f - from standard input");
        }
        return new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8);
    }

    static @Nullable Object value(String text) {
        if (text.length() >= 2 && text.startsWith("'") && text.endsWith("'")) {
            return text.substring(1, text.length() - 1).replace("''", "'");
        }
        if (WHOLE.matcher(text).matches()) {
            return Long.valueOf(text);
        }
        if (DECIMAL.matcher(text).matches()) {
            return Double.valueOf(text);
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> text;
        };
    }

    private Duration duration(String given) {
        Matcher parts = DURATION.matcher(given);
        if (!parts.matches()) {
            throw usage("--timeout '" + given + "' is not a time such as 30s, 500ms or 2m");
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofMinutes(number);
        };
    }

    private ParameterException usage(String message) {
        if (command == null) {
            throw new IllegalStateException("the command line has not been parsed");
        }
        return new ParameterException(command.commandLine(), message);
    }
}
