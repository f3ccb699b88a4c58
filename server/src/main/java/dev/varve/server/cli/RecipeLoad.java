package dev.varve.server.cli;

import dev.varve.sdk.Ack;
import dev.varve.sdk.Column;
import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import dev.varve.server.recipe.BadRow;
import dev.varve.server.recipe.Recipe;
import dev.varve.server.recipe.RowTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/** Reads files by a recipe and writes the rows through the SDK. */
final class RecipeLoad {
    /** Batches are cut by rows alone, so that a repeated run makes the same batches under the same keys. */
    private static final String BATCHES = "batchRows=65536&batchBytes=1024MiB&linger=600min";

    private final Terminal terminal;
    private final LoadOptions load;
    private final ProgressOption progress;
    private final NodeOption node;

    RecipeLoad(Terminal terminal, LoadOptions load, ProgressOption progress, NodeOption node) {
        this.terminal = terminal;
        this.load = load;
        this.progress = progress;
        this.node = node;
    }

    int run(Recipe recipe, String dataset) throws IOException {
        DatasetSpec spec = recipe.dataset(dataset);
        try (BadRowLog bad = new BadRowLog(terminal, load.errors())) {
            if (load.isDryRun()) {
                return dryRun(recipe, spec, bad);
            }
            if (load.onError() == LoadOptions.OnError.REJECT_BATCH) {
                recipe.read(new Counter(), row -> add(bad, row), bytes -> {});
                if (bad.count() > 0) {
                    bad.summarise();
                    terminal.say(dataset + ": nothing was loaded");
                    return ExitCodes.FAILED;
                }
            }
            ensureDataset(spec);
            return write(recipe, spec, bad);
        }
    }

    private static void add(BadRowLog bad, BadRow row) {
        bad.add(row.file().toString(), row.row(), row.column(), row.value(), row.reason());
    }

    private int dryRun(Recipe recipe, DatasetSpec spec, BadRowLog bad) throws IOException {
        Counter counter = new Counter();
        recipe.read(counter, row -> add(bad, row), bytes -> {});
        TextTable table = TextTable.of("column", "type", "unit");
        for (ColumnSpec column : spec.columns()) {
            table.add(Arrays.asList(column.name(), column.type(), column.unit() == null ? "" : column.unit()));
        }
        terminal.out().print(table.text());
        terminal.out().flush();
        bad.summarise();
        terminal.say(Amounts.count(counter.rows) + " rows would be loaded into " + spec.name() + ", "
                + Amounts.count(bad.count()) + " rejected");
        return bad.count() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void ensureDataset(DatasetSpec spec) {
        try (Varve varve = node.connect()) {
            varve.createDataset(spec);
        } catch (VarveClientException e) {
            if (!e.code().equals("DATASET_EXISTS")) {
                throw e;
            }
        }
    }

    private int write(Recipe recipe, DatasetSpec spec, BadRowLog bad) throws IOException {
        long totalBytes = 0;
        for (Path file : recipe.files()) {
            totalBytes += Files.size(file);
        }
        String key = load.key(recipe.files(), recipe.getClass().getSimpleName() + " " + spec.name());
        AtomicLong refusedByNode = new AtomicLong();
        Ack ack;
        Progress bar = progress.start(terminal, spec.name(), totalBytes);
        try (bar;
                Varve varve = node.connect(BATCHES);
                RowWriter writer = varve.writer(spec.name(), key)) {
            writer.onRejected(row -> {
                refusedByNode.incrementAndGet();
                bad.add("row of this load", row.row(), row.column(), row.value(), row.reason());
            });
            recipe.read(new ToWriter(writer, spec, bar), row -> add(bad, row), bytes -> bar.add(0, bytes));
            ack = writer.flushAndWait();
        }
        bad.addUnnamed(Math.max(0, ack.rejected() - refusedByNode.get()));
        bad.summarise();
        terminal.say(Summary.of(spec.name(), ack.accepted(), bad.count(), ack.repeated(), bar.elapsed()));
        return bad.count() == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /** Counts rows and forgets them. */
    private static final class Counter implements RowTarget {
        private long rows;

        @Override
        public void time(long micros) {
            // Only whole rows count.
        }

        @Override
        public void at(double lat, double lon) {
            // Only whole rows count.
        }

        @Override
        public void set(int column, double value) {
            // Only whole rows count.
        }

        @Override
        public void set(int column, long value) {
            // Only whole rows count.
        }

        @Override
        public void set(int column, CharSequence value) {
            // Only whole rows count.
        }

        @Override
        public void add() {
            rows++;
        }
    }

    /** Hands rows to the SDK. */
    private static final class ToWriter implements RowTarget {
        private final RowWriter writer;
        private final Column[] columns;
        private final Progress progress;
        private long untold;

        ToWriter(RowWriter writer, DatasetSpec spec, Progress progress) {
            this.writer = writer;
            this.progress = progress;
            this.columns = spec.columns().stream()
                    .map(column -> writer.column(column.name()))
                    .toArray(Column[]::new);
        }

        @Override
        public void time(long micros) {
            writer.time(micros);
        }

        @Override
        public void at(double lat, double lon) {
            writer.at(lat, lon);
        }

        @Override
        public void set(int column, double value) {
            writer.set(columns[column], value);
        }

        @Override
        public void set(int column, long value) {
            writer.set(columns[column], value);
        }

        @Override
        public void set(int column, CharSequence value) {
            writer.set(columns[column], value);
        }

        @Override
        public void add() {
            writer.add();
            untold++;
            if (untold == 4_096) {
                progress.add(untold, 0);
                untold = 0;
            }
        }
    }
}
