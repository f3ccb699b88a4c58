package dev.varve.server.cli;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import dev.varve.server.keys.AccessKey;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.keys.Grant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Commands for whoever runs a node.
 *
 * <p>They work on the node's data directory, whether it runs or not: who may write there may do this, and no port has to
 * be open for it.
 */
@Command(
        name = "admin",
        mixinStandardHelpOptions = true,
        description = "Manages a node by its data directory, running or not.")
final class AdminCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec command;

    private AdminCommand() {}

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new AdminCommand())
                .addSubcommand(new CommandLine(new KeyCommand())
                        .addSubcommand(new Create(terminal))
                        .addSubcommand(new ListKeys(terminal))
                        .addSubcommand(new Revoke(terminal)))
                .addSubcommand(new RecoverCommands.Survey(terminal))
                .addSubcommand(new RecoverCommands.Recover(terminal));
    }

    @Override
    public void run() {
        if (command != null) {
            throw new ParameterException(command.commandLine(), "say what to do: admin key|survey|recover-pointers");
        }
    }

    /** Groups what can be done with access keys. */
    @Command(name = "key", mixinStandardHelpOptions = true, description = "Makes, lists and revokes access keys of S3.")
    static final class KeyCommand implements Runnable {
        @Spec
        private @Nullable CommandSpec command;

        @Override
        public void run() {
            if (command != null) {
                throw new ParameterException(command.commandLine(), "say what to do: admin key create|list|revoke");
            }
        }
    }

    /** Where the keys are. */
    private static final class DataOption {
        @Option(names = "--data", required = true, paramLabel = "DIR", description = "the node's data directory")
        private Path data = Path.of("");

        AccessKeys open() {
            if (!Files.isDirectory(data)) {
                throw new VarveException(ErrorCode.BAD_REQUEST, data + " is not a directory")
                        .withHint("name the folder that 'varve server --data' was given");
            }
            return AccessKeys.open(data.resolve(AccessKeys.DIRECTORY), InstantSource.system());
        }
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a key and prints its id and its secret, which is shown this once.",
                "A user's keys open the buckets that the user made. Grants open others: read:lake lets other engines read"
                        + " the tables' files."
            })
    static final class Create implements Callable<Integer> {
        private final Terminal terminal;

        @CommandLine.Mixin
        private DataOption data = new DataOption();

        @Option(names = "--user", required = true, paramLabel = "NAME", description = "whose key it is")
        private String user = "";

        @Option(
                names = "--grant",
                paramLabel = "RIGHT:BUCKET",
                description = "read, write or owner, of a bucket or of all (*); may be repeated")
        private List<String> grants = List.of();

        Create(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            AccessKeys.Created made =
                    data.open().create(user, grants.stream().map(Grant::parse).toList());
            terminal.out().println("AWS_ACCESS_KEY_ID=" + made.key().id());
            terminal.out().println("AWS_SECRET_ACCESS_KEY=" + made.secret());
            return ExitCodes.OK;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists all keys, without their secrets.")
    static final class ListKeys implements Callable<Integer> {
        private final Terminal terminal;

        @CommandLine.Mixin
        private DataOption data = new DataOption();

        ListKeys(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            TextTable table = new TextTable(List.of(
                    new TextTable.Header("key", false),
                    new TextTable.Header("user", false),
                    new TextTable.Header("grants", false),
                    new TextTable.Header("created", false),
                    new TextTable.Header("revoked", false)));
            for (AccessKey key : data.open().list()) {
                table.add(Arrays.asList(
                        key.id(),
                        key.user(),
                        key.grants().stream().map(Grant::toString).collect(Collectors.joining(" ")),
                        key.created().toString(),
                        key.revoked().map(Object::toString).orElse("")));
            }
            terminal.out().print(table.text());
            return ExitCodes.OK;
        }
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Makes a key useless from the next request on; what its user made stays.")
    static final class Revoke implements Callable<Integer> {
        private final Terminal terminal;

        @CommandLine.Mixin
        private DataOption data = new DataOption();

        @Parameters(paramLabel = "KEY", description = "its id")
        private String id = "";

        Revoke(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            if (!data.open().revoke(id)) {
                throw new VarveException(ErrorCode.NOT_FOUND, "there is no usable key '" + id + "'")
                        .withHint("see: varve admin key list --data DIR");
            }
            terminal.say("revoked " + id);
            return ExitCodes.OK;
        }
    }
}
