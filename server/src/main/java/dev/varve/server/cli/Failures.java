package dev.varve.server.cli;

import dev.varve.model.VarveException;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Terminal;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Tells a person what went wrong, where and what to do, and gives the exit code. */
final class Failures {
    private static final int WIDEST_EXCERPT = 100;

    private Failures() {}

    static int report(Terminal terminal, Exception failure) {
        return report(terminal, failure, null);
    }

    /** The SQL, if any, is shown with a caret under the place of the error. */
    static int report(Terminal terminal, Exception failure, @Nullable String sql) {
        return switch (failure) {
            case VarveClientException e -> client(terminal, e, sql);
            case VarveException e -> {
                terminal.say("error " + e.code() + ": " + e.getMessage());
                hint(terminal, e.hint());
                yield ExitCodes.FAILED;
            }
            case IOException e -> {
                terminal.say("error: " + reason(e));
                yield ExitCodes.FAILED;
            }
            default -> {
                terminal.say("error: " + failure);
                if (terminal.environment().containsKey("VARVE_DEBUG")) {
                    failure.printStackTrace(terminal.err());
                } else {
                    hint(terminal, "set VARVE_DEBUG=1 to see where");
                }
                yield ExitCodes.FAILED;
            }
        };
    }

    private static int client(Terminal terminal, VarveClientException e, @Nullable String sql) {
        VarveClientException.Position place = e.position();
        String where = place == null ? "" : " at line " + place.line() + ", column " + place.column();
        terminal.say("error " + e.code() + where + ": " + e.getMessage());
        if (place != null && sql != null) {
            String shown = caret(sql, place);
            if (!shown.isEmpty()) {
                terminal.say(shown);
            }
        }
        hint(terminal, e.hint());
        return switch (e.code()) {
            case "UNREACHABLE" -> ExitCodes.CANNOT_CONNECT;
            case "BAD_URL" -> ExitCodes.USAGE;
            default -> ExitCodes.FAILED;
        };
    }

    private static void hint(Terminal terminal, @Nullable String hint) {
        if (hint != null) {
            terminal.say("hint: " + hint);
        }
    }

    /** The line of the SQL, cut around the place if it is long, and a caret under it. */
    static String caret(String sql, VarveClientException.Position place) {
        String[] lines = sql.split("\r?\n", -1);
        if (place.line() < 1 || place.line() > lines.length || place.column() < 1) {
            return "";
        }
        String line = lines[place.line() - 1].replace('\t', ' ');
        int column = Math.min(place.column() - 1, line.length());
        int from = Math.max(0, Math.min(column - WIDEST_EXCERPT / 2, line.length() - WIDEST_EXCERPT));
        int to = Math.min(line.length(), from + WIDEST_EXCERPT);
        return "  " + line.substring(from, to) + "\n  " + " ".repeat(column - from) + "^";
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case NoSuchFileException missing -> "no such file: " + message;
            case AccessDeniedException denied -> "not allowed: " + message;
            case FileAlreadyExistsException exists -> "there is already: " + message;
            default -> message;
        };
    }
}
