package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code varve}: picks the command and turns its outcome into an exit code. */
@Command(
        name = "varve",
        mixinStandardHelpOptions = true,
        version = "varve 0.1.0",
        description = "A temporal/spatial data lake for observations.",
        footer = {
            "",
            "Data goes to standard output, everything else to standard error.",
            "Exit codes: 0 done, 1 the query or the data failed, 2 wrong usage, 3 no node could be reached.",
            "Begin with: varve demo"
        })
public final class VarveCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec command;

    private VarveCommand() {}

    public static void main(String[] arguments) {
        System.exit(run(Terminal.ofProcess(), new EmbeddedNodes(), arguments));
    }

    /** Runs one command; all output is flushed when it returns. */
    static int run(Terminal terminal, NodeLauncher launcher, String... arguments) {
        CommandLine line = commandLine(terminal, launcher);
        try {
            return line.execute(arguments);
        } finally {
            terminal.out().flush();
            terminal.err().flush();
        }
    }

    static CommandLine commandLine(Terminal terminal, NodeLauncher launcher) {
        CommandLine ingest = new CommandLine(new IngestCommand());
        for (FileFormat format : FileFormat.values()) {
            CommandLine files = new CommandLine(new IngestFilesCommand(format, terminal));
            files.getCommandSpec().usageMessage().description(format.description());
            ingest.addSubcommand(format.name().toLowerCase(Locale.ROOT), files);
        }
        ingest.addSubcommand(new RecipeCommands.Ghcn(terminal));
        ingest.addSubcommand(new RecipeCommands.Hurdat(terminal));
        ingest.addSubcommand(new RecipeCommands.Quakes(terminal));
        CommandLine line = new CommandLine(new VarveCommand())
                .addSubcommand(new DemoCommand(terminal, launcher))
                .addSubcommand(new RehearseCommand(terminal, launcher))
                .addSubcommand(new ServerCommand(terminal, launcher))
                .addSubcommand(new ZooKeeperCommand(terminal))
                .addSubcommand(ClusterCommand.line(terminal))
                .addSubcommand(ingest)
                .addSubcommand(new SqlCommand(terminal))
                .addSubcommand(new ExportCommand(terminal))
                .addSubcommand(new DatasetsCommand(terminal))
                .addSubcommand(new DescribeCommand(terminal))
                .addSubcommand(AdminCommand.commandLine(terminal))
                .addSubcommand(MediaCommand.line(terminal))
                .addSubcommand(KvCommand.line(terminal))
                .addSubcommand(new CompletionCommand(terminal));
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(writer(terminal.out()))
                .setErr(writer(terminal.err()))
                .setUsageHelpAutoWidth(false)
                .setUsageHelpWidth(100)
                .setExecutionExceptionHandler((failure, failed, parsed) -> {
                    terminal.out().flush();
                    return failure instanceof ParameterException usage
                            ? failed.getParameterExceptionHandler().handleParseException(usage, new String[0])
                            : Failures.report(terminal, failure);
                })
                .setParameterExceptionHandler((usage, given) -> {
                    terminal.say("error: " + usage.getMessage());
                    CommandLine.UnmatchedArgumentException.printSuggestions(usage, line.getErr());
                    terminal.say(
                            "see: " + usage.getCommandLine().getCommandSpec().qualifiedName() + " --help");
                    return ExitCodes.USAGE;
                });
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    /** Without a command: what there is. */
    @Override
    public void run() {
        if (command != null) {
            throw new ParameterException(command.commandLine(), "no command given");
        }
    }

    /** Groups the loading commands. */
    @Command(
            name = "ingest",
            mixinStandardHelpOptions = true,
            description = {
                "Loads files into a dataset.",
                "csv, ndjson, parquet and arrow load any file of that format, with a mapping; the others know a"
                        + " particular kind of file."
            })
    static final class IngestCommand implements Runnable {
        @Spec
        private @Nullable CommandSpec command;

        @Override
        public void run() {
            if (command != null) {
                throw new ParameterException(command.commandLine(), "say what to ingest, for example: ingest csv FILE");
            }
        }
    }
}
