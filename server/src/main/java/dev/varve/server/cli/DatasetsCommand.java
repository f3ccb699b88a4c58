package dev.varve.server.cli;

import dev.varve.sdk.DatasetSummary;
import dev.varve.sdk.Varve;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the node's datasets. */
@Command(
        name = "datasets",
        mixinStandardHelpOptions = true,
        description = "Lists the datasets: a table on a terminal, one JSON object a line in a pipe.")
final class DatasetsCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private NodeOption node = new NodeOption();

    @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
    private @Nullable ListFormat format;

    DatasetsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        List<DatasetSummary> datasets;
        try (Varve varve = node.connect()) {
            datasets = varve.datasets();
        }
        if (ListFormat.chosen(format, terminal) == ListFormat.NDJSON) {
            datasets.forEach(dataset -> terminal.out().print(ListFormat.line(dataset)));
            return ExitCodes.OK;
        }
        TextTable table = new TextTable(List.of(
                new TextTable.Header("name", false),
                new TextTable.Header("rows", true),
                new TextTable.Header("unflushed", true),
                new TextTable.Header("files", true),
                new TextTable.Header("size", true),
                new TextTable.Header("from", false),
                new TextTable.Header("to", false)));
        for (DatasetSummary dataset : datasets) {
            table.add(Arrays.asList(
                    dataset.name(),
                    Amounts.count(dataset.rows()),
                    Amounts.count(dataset.unflushedRows()),
                    Amounts.count(dataset.files()),
                    Amounts.bytes(dataset.bytes()),
                    dataset.timeMin(),
                    dataset.timeMax()));
        }
        terminal.out().print(table.text());
        if (datasets.isEmpty()) {
            terminal.say("no datasets yet; load one with: varve ingest csv FILE --dataset NAME --create");
        }
        return ExitCodes.OK;
    }
}
