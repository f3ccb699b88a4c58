package dev.varve.server.cli;

import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetDescription;
import dev.varve.sdk.Varve;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows one dataset's columns, key, layout and extent. */
@Command(
        name = "describe",
        mixinStandardHelpOptions = true,
        description = "Shows a dataset's columns, key, layout and extent.")
final class DescribeCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private NodeOption node = new NodeOption();

    @Parameters(paramLabel = "NAME", description = "the dataset")
    private String name = "";

    @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
    private @Nullable ListFormat format;

    DescribeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        DatasetDescription dataset;
        try (Varve varve = node.connect()) {
            dataset = varve.describe(name);
        }
        if (ListFormat.chosen(format, terminal) == ListFormat.NDJSON) {
            terminal.out().print(ListFormat.line(dataset));
            return ExitCodes.OK;
        }
        TextTable table = TextTable.of("column", "type", "unit", "standard name", "role");
        for (ColumnSpec column : dataset.columns()) {
            String role = dataset.key().contains(column.name()) ? "key" : column.role();
            table.add(Arrays.asList(
                    column.name(),
                    column.type(),
                    column.unit() == null ? "" : column.unit(),
                    column.standardName() == null ? "" : column.standardName(),
                    role));
        }
        terminal.out().print(table.text());
        terminal.out()
                .print("\n" + Amounts.count(dataset.summary().rows()) + " rows ("
                        + Amounts.count(dataset.summary().unflushedRows()) + " not yet in files), "
                        + dataset.summary().files() + " files, "
                        + Amounts.bytes(dataset.summary().bytes()) + "\n");
        terminal.out()
                .print("time " + dataset.summary().timeMin() + " to "
                        + dataset.summary().timeMax() + "\n");
        terminal.out()
                .print("partitioned by " + dataset.partition() + ", cells of H3 resolution "
                        + dataset.h3Resolution() + ", key "
                        + (dataset.key().isEmpty() ? "none" : String.join(", ", dataset.key())) + "\n");
        return ExitCodes.OK;
    }
}
