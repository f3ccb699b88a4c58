package dev.varve.server.cli;

import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command shows how far it is. */
final class ProgressOption {
    @Option(
            names = "--progress",
            paramLabel = "STYLE",
            description = "none, bar or plain (a line every 2 s); default: bar on a terminal, else none")
    private Progress.@Nullable Style style;

    /** A total of 0 bytes is not known. */
    Progress start(Terminal terminal, String title, long totalBytes) {
        return start(terminal, title, Progress.Unit.BYTES, totalBytes);
    }

    Progress start(Terminal terminal, String title, Progress.Unit unit, long total) {
        return new Progress(
                terminal,
                style == null ? Progress.Style.usual(terminal) : style,
                InstantSource.system(),
                title,
                unit,
                total);
    }
}
