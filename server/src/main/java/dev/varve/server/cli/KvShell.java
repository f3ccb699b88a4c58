package dev.varve.server.cli;

import dev.varve.model.NearestName;
import dev.varve.server.console.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Reads commands line by line and runs them; a mistake is told, and the next line is read.
 *
 * <p>Words are divided by spaces; single and double quotes keep them together, and a backslash takes the next character
 * as it is, but not between single quotes.
 */
final class KvShell {
    private final Terminal terminal;
    private final CommandLine commands;
    private final Supplier<String> bucket;

    KvShell(Terminal terminal, CommandLine commands, Supplier<String> bucket) {
        this.terminal = terminal;
        this.commands = commands;
        this.bucket = bucket;
    }

    /** Runs until {@code exit} or the end of input; answers the exit code of the last command. */
    int run() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        if (terminal.errIsTerminal()) {
            terminal.say("keys and values; help lists the commands, exit ends");
        }
        int code = ExitCodes.OK;
        while (true) {
            if (terminal.errIsTerminal()) {
                terminal.err().print(bucket.get() + "> ");
                terminal.err().flush();
            }
            String line = lines.readLine();
            if (line == null) {
                return code;
            }
            List<String> words = words(line);
            if (words == null) {
                terminal.say("error: a quote is not closed");
                code = ExitCodes.USAGE;
            } else if (!words.isEmpty()) {
                String name = words.getFirst();
                if (name.equals("exit") || name.equals("quit")) {
                    return code;
                }
                code = name.equals("help") || name.equals("?") ? help() : command(words);
                terminal.out().flush();
            }
        }
    }

    private Stream<String> names() {
        return commands.getSubcommands().keySet().stream();
    }

    private int help() {
        commands.getCommandSpec().subcommands().forEach((name, sub) -> {
            String[] description = sub.getCommandSpec().usageMessage().description();
            terminal.out().print(String.format("%-9s %s%n", name, description.length == 0 ? "" : description[0]));
        });
        terminal.out().print("COMMAND --help tells more\n");
        return ExitCodes.OK;
    }

    private int command(List<String> words) {
        String name = words.getFirst();
        if (names().noneMatch(name::equals)) {
            List<String> known = names().toList();
            String nearest = NearestName.of(name, known)
                    .map(found -> "did you mean '" + found + "'?")
                    .orElse("help lists the commands");
            terminal.say("error: there is no command '" + name + "'; " + nearest);
            return ExitCodes.USAGE;
        }
        return commands.execute(words.toArray(String[]::new));
    }

    /** The words of a line; null when a quote is not closed. */
    static @Nullable List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean isWord = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && quote != '\'' && i + 1 < line.length()) {
                word.append(line.charAt(++i));
                isWord = true;
            } else if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                isWord = true;
            } else if (Character.isWhitespace(c)) {
                if (isWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    isWord = false;
                }
            } else {
                word.append(c);
                isWord = true;
            }
        }
        if (quote != 0) {
            return null;
        }
        if (isWord) {
            words.add(word.toString());
        }
        return words;
    }
}
