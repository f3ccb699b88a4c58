package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints a script that completes commands and options with the tab key. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a completion script for bash and zsh.",
            "For this shell: source <(varve completion); for good: add that line to ~/.bashrc or ~/.zshrc."
        })
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec command;

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (command == null) {
            throw new IllegalStateException("the command line has not been parsed");
        }
        terminal.out().print(AutoComplete.bash("varve", command.root().commandLine()));
        return ExitCodes.OK;
    }
}
