package dev.varve.server.cli;

import dev.varve.sdk.QueryStream;
import dev.varve.sdk.Statement;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.JsonAnswer;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a query and prints its result as it comes. */
@Command(
        name = "sql",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a query and prints its result.",
            "On a terminal the result is a table of at most 100 rows, in a pipe one JSON object a row."
                    + " Ctrl-C cancels the query."
        })
final class SqlCommand implements Callable<Integer> {
    private static final int PREVIEW_ROWS = 100;
    /** The table's column widths are those of this many rows. */
    private static final int ROWS_A_TABLE = 2_000;

    enum Format {
        TABLE,
        CSV,
        JSON,
        NDJSON
    }

    private final Terminal terminal;

    @Mixin
    private SqlText query = new SqlText();

    @Mixin
    private NodeOption node = new NodeOption();

    @Option(names = "--format", paramLabel = "FORMAT", description = "table, csv, json or ndjson")
    private @Nullable Format format;

    @Option(names = "--all", description = "print all rows of a table, not only the first 100")
    private boolean all;

    SqlCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Statement statement = query.statement(terminal);
        Format usual = terminal.outIsTerminal() ? Format.TABLE : Format.NDJSON;
        Format chosen = format == null ? usual : format;
        try (Varve varve = node.connect();
                Interrupts _ = Interrupts.run(() -> cancel(varve, statement.id()))) {
            switch (chosen) {
                case TABLE -> table(varve, statement);
                case NDJSON -> ndjson(varve, statement);
                case CSV, JSON -> bytes(varve, statement, chosen.name().toLowerCase(Locale.ROOT));
            }
            return ExitCodes.OK;
        } catch (VarveClientException e) {
            terminal.out().flush();
            return Failures.report(terminal, e, statement.sql());
        } finally {
            terminal.out().flush();
        }
    }

    private void cancel(Varve varve, String id) {
        try {
            if (varve.cancel(id)) {
                terminal.say("query cancelled");
            }
        } catch (VarveClientException | IllegalStateException e) {
            terminal.say("the query could not be cancelled: " + e.getMessage());
        }
    }

    private void table(Varve varve, Statement statement) throws IOException {
        Statement asked = all ? statement : statement.limit(PREVIEW_ROWS + 1L);
        List<List<@Nullable String>> page = new ArrayList<>();
        List<TextTable.Header> headers = new ArrayList<>();
        int[] printed = {0};
        try (QueryStream stream = varve.stream(asked, "json")) {
            JsonAnswer answer = readAnswer(stream, (names, row) -> {
                if (headers.isEmpty()) {
                    headers.addAll(names);
                }
                if (!all && page.size() == PREVIEW_ROWS) {
                    page.add(row);
                    return false;
                }
                page.add(row);
                if (page.size() == ROWS_A_TABLE) {
                    printed[0] += print(headers, page);
                    page.clear();
                    return !terminal.out().checkError();
                }
                return true;
            });
            boolean more = !all && page.size() > PREVIEW_ROWS;
            if (more) {
                page.removeLast();
            }
            if (!page.isEmpty() || printed[0] == 0) {
                printed[0] += print(answer.headers(), page);
            }
            terminal.out().flush();
            if (more) {
                terminal.say("first 100 rows (use --all)");
            }
        }
    }

    private static JsonAnswer readAnswer(QueryStream stream, JsonAnswer.RowSink sink) throws IOException {
        try {
            return JsonAnswer.read(stream.body(), sink);
        } catch (IOException e) {
            throw new IOException("the result was broken off: " + e.getMessage(), e);
        }
    }

    private int print(List<TextTable.Header> headers, List<List<@Nullable String>> rows) {
        TextTable table = new TextTable(headers);
        rows.forEach(table::add);
        terminal.out().print(table.text());
        return rows.size();
    }

    /** Line by line, because the last one may be an error and then is not data. */
    private void ndjson(Varve varve, Statement statement) throws IOException {
        try (QueryStream stream = varve.stream(statement, "ndjson");
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8), 1 << 16)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{\"$error\":")) {
                    throw VarveClientException.fromProblem(
                            line.substring("{\"$error\":".length(), line.lastIndexOf('}')));
                }
                terminal.out().print(line);
                terminal.out().print('\n');
                if (terminal.outIsTerminal() && terminal.out().checkError()) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new IOException("the result was broken off: " + e.getMessage(), e);
        }
    }

    private void bytes(Varve varve, Statement statement, String wireFormat) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (QueryStream stream = varve.stream(statement, wireFormat)) {
            InputStream body = stream.body();
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                terminal.out().write(buffer, 0, read);
                if (terminal.out().checkError()) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new IOException("the result was broken off: " + e.getMessage(), e);
        }
    }
}
