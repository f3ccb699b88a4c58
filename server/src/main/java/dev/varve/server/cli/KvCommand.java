package dev.varve.server.cli;

import dev.varve.sdk.KeyValues;
import dev.varve.sdk.StoredKey;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Keys and values: commands, and without one a shell that takes the same commands line by line. */
@Command(
        name = "kv",
        mixinStandardHelpOptions = true,
        description = {
            "Keeps bytes of any size under keys.",
            "Without a command it is a shell that takes the same commands line by line."
        })
final class KvCommand implements Callable<Integer> {
    private static final String USUAL_BUCKET = "default";

    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec command;

    @Option(
            names = {"--node", "--url"},
            scope = ScopeType.INHERIT,
            paramLabel = "HOST:PORT",
            description = "the node, or several by commas, asked in turn; default http://127.0.0.1:8181, or the"
                    + " environment's VARVE_URL")
    private @Nullable String url;

    @Option(
            names = {"-b", "--bucket"},
            scope = ScopeType.INHERIT,
            paramLabel = "BUCKET",
            description = "the bucket; default " + USUAL_BUCKET + ", which is made when first put into")
    private @Nullable String given;

    /** The shell's connection and bucket; null outside of it. */
    private @Nullable Varve session;

    private String current = USUAL_BUCKET;

    private KvCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    static CommandLine line(Terminal terminal) {
        return new CommandLine(new KvCommand(terminal))
                .addSubcommand(new Put())
                .addSubcommand(new Get())
                .addSubcommand(new Delete())
                .addSubcommand(new ListKeys())
                .addSubcommand(new History())
                .addSubcommand(new Create())
                .addSubcommand(new Buckets())
                .addSubcommand(new Use())
                .addSubcommand(new Ping())
                .addSubcommand(new Exit());
    }

    @Override
    public Integer call() throws IOException {
        CommandLine line = Objects.requireNonNull(command).commandLine();
        try (Varve varve = connect()) {
            session = varve;
            current = given == null ? USUAL_BUCKET : given;
            return new KvShell(terminal, line, () -> current).run();
        } finally {
            session = null;
        }
    }

    private Varve connect() {
        String usual = terminal.environment().getOrDefault("VARVE_URL", "http://127.0.0.1:8181");
        return NodeOption.connectForPerson(url == null ? usual : url);
    }

    private interface Work {
        int on(KeyValues values, String bucket) throws IOException;
    }

    private int with(Work work) throws IOException {
        String bucket = given == null ? current : given;
        Varve open = session;
        if (open != null) {
            return work.on(open.kv(), bucket);
        }
        try (Varve varve = connect()) {
            return work.on(varve.kv(), bucket);
        }
    }

    private static ParameterException usage(@Nullable CommandSpec command, String message) {
        return new ParameterException(Objects.requireNonNull(command).commandLine(), message);
    }

    @Command(
            name = "put",
            mixinStandardHelpOptions = true,
            description = "Gives a key a value: the text given, a file, or standard input.")
    private static final class Put implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Spec
        private @Nullable CommandSpec command;

        @Parameters(index = "0", paramLabel = "KEY")
        private String key = "";

        @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE")
        private @Nullable String value;

        @Option(names = "--file", paramLabel = "FILE", description = "the value is the file's bytes")
        private @Nullable Path file;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            if (value != null && file != null) {
                throw usage(command, "give a value or a file, not both");
            }
            if (value == null && file == null && parent.session != null) {
                throw usage(command, "give a value or --file FILE");
            }
            return parent.with((values, bucket) -> {
                StoredKey stored;
                try {
                    stored = put(parent, values, bucket);
                } catch (VarveClientException e) {
                    boolean mayMake = e.status() == 404 && bucket.equals(USUAL_BUCKET) && parent.given == null;
                    if (!mayMake || (value == null && file == null)) {
                        throw e;
                    }
                    values.createBucket(bucket, KeyValues.Keeping.VERSIONS);
                    stored = put(parent, values, bucket);
                }
                parent.terminal.say(bucket + "/" + stored.key() + ": " + Amounts.bytes(stored.size()) + ", version "
                        + stored.version());
                return ExitCodes.OK;
            });
        }

        private StoredKey put(KvCommand parent, KeyValues values, String bucket) throws IOException {
            if (file != null) {
                if (!Files.isRegularFile(file)) {
                    throw usage(command, "there is no file " + file);
                }
                return values.put(bucket, key, file);
            }
            return value == null
                    ? values.put(bucket, key, parent.terminal.in())
                    : values.put(bucket, key, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Writes a key's value.")
    private static final class Get implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Parameters(index = "0", paramLabel = "KEY")
        private String key = "";

        @Option(names = "--version-id", paramLabel = "ID", description = "an older version, as history tells")
        private @Nullable String version;

        @Option(names = "-o", paramLabel = "FILE", description = "the file to write; else standard output")
        private @Nullable Path target;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                try (InputStream bytes = values.open(bucket, key, version)) {
                    if (target != null) {
                        Files.copy(bytes, target, StandardCopyOption.REPLACE_EXISTING);
                    } else {
                        bytes.transferTo(parent.terminal.out());
                        if (parent.terminal.outIsTerminal() || parent.session != null) {
                            parent.terminal.out().print('\n');
                        }
                    }
                }
                return ExitCodes.OK;
            });
        }
    }

    @Command(name = "delete", mixinStandardHelpOptions = true, description = "Deletes a key.")
    private static final class Delete implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Parameters(index = "0", paramLabel = "KEY")
        private String key = "";

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                boolean isDeleted = values.delete(bucket, key);
                parent.terminal.say(isDeleted ? "deleted" : "there is no key '" + key + "' in " + bucket);
                return isDeleted ? ExitCodes.OK : ExitCodes.FAILED;
            });
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists keys, all or those that begin so.")
    private static final class ListKeys implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Parameters(index = "0", arity = "0..1", paramLabel = "PREFIX")
        private String prefix = "";

        @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
        private @Nullable ListFormat format;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                parent.print(values.list(bucket, prefix), format);
                return ExitCodes.OK;
            });
        }
    }

    private void print(List<StoredKey> keys, @Nullable ListFormat format) {
        ListFormat usual = session == null ? ListFormat.chosen(format, terminal) : ListFormat.TABLE;
        MediaCommand.print(terminal, format == null ? usual : format, keys);
    }

    @Command(name = "history", mixinStandardHelpOptions = true, description = "Lists a key's versions, newest first.")
    private static final class History implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Parameters(index = "0", paramLabel = "KEY")
        private String key = "";

        @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
        private @Nullable ListFormat format;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                parent.print(values.history(bucket, key), format);
                return ExitCodes.OK;
            });
        }
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Makes a bucket.")
    private static final class Create implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Spec
        private @Nullable CommandSpec command;

        @Parameters(index = "0", paramLabel = "BUCKET")
        private String name = "";

        @Option(names = "--versioned", description = "older values stay")
        private boolean versioned;

        @Option(names = "--write-once", description = "a key that has a value refuses another one")
        private boolean writeOnce;

        @Override
        public Integer call() throws IOException {
            if (versioned && writeOnce) {
                throw usage(command, "a bucket is versioned or write-once, not both");
            }
            KeyValues.Keeping keeping = versioned
                    ? KeyValues.Keeping.VERSIONS
                    : writeOnce ? KeyValues.Keeping.WRITE_ONCE : KeyValues.Keeping.LATEST;
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                values.createBucket(name, keeping);
                parent.terminal.say("made bucket " + name);
                return ExitCodes.OK;
            });
        }
    }

    @Command(name = "buckets", mixinStandardHelpOptions = true, description = "Lists the buckets.")
    private static final class Buckets implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                values.buckets().forEach(name -> parent.terminal.out().print(name + "\n"));
                return ExitCodes.OK;
            });
        }
    }

    @Command(name = "use", mixinStandardHelpOptions = true, description = "In the shell: goes on with another bucket.")
    private static final class Use implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Parameters(index = "0", paramLabel = "BUCKET")
        private String name = "";

        @Override
        public Integer call() {
            Objects.requireNonNull(kv).current = name;
            return ExitCodes.OK;
        }
    }

    @Command(name = "ping", mixinStandardHelpOptions = true, description = "Asks the node whether it answers.")
    private static final class Ping implements Callable<Integer> {
        @ParentCommand
        private @Nullable KvCommand kv;

        @Override
        public Integer call() throws IOException {
            KvCommand parent = Objects.requireNonNull(kv);
            return parent.with((values, bucket) -> {
                long start = System.nanoTime();
                int count = values.buckets().size();
                parent.terminal
                        .out()
                        .print("pong, " + (System.nanoTime() - start) / 1_000_000 + " ms, " + count + " buckets\n");
                return ExitCodes.OK;
            });
        }
    }

    /** The shell ends with it; outside of one there is nothing to end. */
    @Command(name = "exit", aliases = "quit", mixinStandardHelpOptions = true, description = "Ends the shell.")
    private static final class Exit implements Callable<Integer> {
        @Override
        public Integer call() {
            return ExitCodes.OK;
        }
    }
}
