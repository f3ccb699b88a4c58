package dev.varve.server.cli;

import dev.varve.sdk.QueryStream;
import dev.varve.sdk.Statement;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes the whole result of a query to a file. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Writes the whole result of a query to a file.",
            "The format is the one of the file's ending: .parquet .csv .arrow .ndjson .json .geojson."
                    + " The file appears under its name only when it is complete."
        })
final class ExportCommand implements Callable<Integer> {
    private static final List<String> FORMATS = List.of("parquet", "csv", "arrow", "ndjson", "json", "geojson");

    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec command;

    @Mixin
    private SqlText query = new SqlText();

    @Mixin
    private NodeOption node = new NodeOption();

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Option(names = "-o", paramLabel = "FILE", required = true, description = "the file to write")
    private Path target = Path.of("");

    @Option(names = "--format", paramLabel = "FORMAT", description = "another format than that of the file's ending")
    private @Nullable String format;

    ExportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Statement statement = query.statement(terminal);
        String chosen = format();
        Path whole = target.toAbsolutePath();
        Path part = whole.resolveSibling(whole.getFileName() + ".part");
        try (Varve varve = node.connect();
                Interrupts _ = Interrupts.run(() -> abandon(varve, statement.id(), part))) {
            long bytes = copy(varve, statement, chosen, part);
            Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            terminal.say(target + ": " + Amounts.bytes(bytes));
            return ExitCodes.OK;
        } catch (VarveClientException e) {
            return Failures.report(terminal, e, statement.sql());
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private long copy(Varve varve, Statement statement, String wireFormat, Path part) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long bytes = 0;
        try (QueryStream stream = varve.stream(statement, wireFormat);
                Progress bar = progress.start(terminal, target.toString(), 0);
                OutputStream out = Files.newOutputStream(part)) {
            InputStream body = stream.body();
            for (int read = read(body, buffer); read >= 0; read = read(body, buffer)) {
                out.write(buffer, 0, read);
                bytes += read;
                bar.add(0, read);
            }
        }
        return bytes;
    }

    private static int read(InputStream body, byte[] buffer) throws IOException {
        try {
            return body.read(buffer);
        } catch (IOException e) {
            throw new IOException("the result was broken off, nothing is kept: " + e.getMessage(), e);
        }
    }

    private static void abandon(Varve varve, String id, Path part) {
        try {
            varve.cancel(id);
            Files.deleteIfExists(part);
        } catch (IOException | RuntimeException e) {
            // The process ends anyway; the node notices that the connection is gone.
            Thread.currentThread().interrupt();
        }
    }

    private String format() {
        String name = String.valueOf(target.getFileName());
        String ending = name.substring(name.lastIndexOf('.') + 1);
        String chosen = (format == null ? ending : format).toLowerCase(Locale.ROOT);
        if (!FORMATS.contains(chosen) && command != null) {
            throw new ParameterException(
                    command.commandLine(),
                    "no format '" + chosen + "': end the file's name with one of ." + String.join(" .", FORMATS)
                            + " or give --format");
        }
        return chosen;
    }
}
