package dev.varve.server.cli;

import dev.varve.sdk.LoadProposal;
import dev.varve.sdk.Loader;
import dev.varve.sdk.RowError;
import dev.varve.sdk.Varve;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads files that the node decodes: CSV, NDJSON, Parquet or Arrow. */
@Command(
        mixinStandardHelpOptions = true,
        footer = {"", "The exit code is 1 if any row was rejected."})
final class IngestFilesCommand implements Callable<Integer> {
    private static final int BODY_BYTES = 4 << 20;
    private static final int SAMPLE_BYTES = 16 << 20;

    private final FileFormat format;
    private final Terminal terminal;

    @Spec
    private @Nullable CommandSpec command;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "the files, loaded in this order")
    private List<Path> files = List.of();

    @Option(names = "--dataset", paramLabel = "NAME", required = true, description = "where the rows go")
    private String dataset = "";

    @Mixin
    private MappingOptions mapping = new MappingOptions();

    @Mixin
    private LoadOptions load = new LoadOptions();

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Mixin
    private NodeOption node = new NodeOption();

    IngestFilesCommand(FileFormat format, Terminal terminal) {
        this.format = format;
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        String misplaced = mapping.misplaced(format);
        if (misplaced != null && command != null) {
            throw new ParameterException(command.commandLine(), misplaced);
        }
        long totalBytes = 0;
        for (Path file : files) {
            totalBytes += Files.size(file);
        }
        if (!mapping.createsDataset()) {
            try (Varve quick = node.connect()) {
                quick.describe(dataset);
            }
        } else {
            try (Varve quick = node.connect()) {
                quick.datasets();
            }
        }
        try (Varve varve = node.connect("onError=" + load.onError().wire())) {
            if (load.isDryRun()) {
                return dryRun(varve);
            }
            try (BadRowLog bad = new BadRowLog(terminal, load.errors());
                    FileLoad run = new FileLoad(
                            terminal, progress.start(terminal, dataset, totalBytes), bad, format.contentType())) {
                for (Path file : files) {
                    loadFile(varve, file, run);
                }
                return run.finish(dataset);
            }
        }
    }

    private void loadFile(Varve varve, Path file, FileLoad run) throws IOException {
        Map<String, String> parameters = mapping.parameters();
        String key = load.key(List.of(file), format + " " + dataset + " " + load.onError() + " " + parameters);
        Loader first = varve.loader(dataset, mapping.creationParameters());
        if (format == FileFormat.PARQUET) {
            run.sendWhole(first, key + "-0", file);
            return;
        }
        try (BodyCutter bodies = cutter(file, mapping.createsDataset() ? SAMPLE_BYTES : BODY_BYTES)) {
            // The first body may create the dataset, so the others wait for it.
            BodyCutter.Body body = bodies.next();
            if (body == null) {
                return;
            }
            run.send(first, key + "-0", file, body);
            run.awaitSent();
            Loader rest = varve.loader(dataset, parameters);
            long number = 1;
            for (body = bodies.next(); body != null && run.isSound(); body = bodies.next()) {
                run.send(rest, key + "-" + number, file, body);
                number++;
            }
            run.awaitSent();
        }
    }

    /** With reject-batch a file is one request, so that all of it is loaded or nothing. */
    private boolean isAllOrNothing() {
        return load.onError() == LoadOptions.OnError.REJECT_BATCH;
    }

    private BodyCutter cutter(Path file, int bodyBytes) throws IOException {
        int most = isAllOrNothing() ? Integer.MAX_VALUE >> 1 : bodyBytes;
        return switch (format) {
            case CSV -> TextCutter.csv(open(file), most, mapping.delimiter(), mapping.hasHeader());
            case NDJSON -> TextCutter.ndjson(open(file), most);
            case ARROW -> ArrowCutter.open(file, isAllOrNothing());
            case PARQUET -> throw new IllegalStateException("a Parquet file is sent whole");
        };
    }

    private static InputStream open(Path file) throws IOException {
        InputStream raw = Files.newInputStream(file);
        return file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
    }

    private int dryRun(Varve varve) throws IOException {
        long rejected = 0;
        for (Path file : files) {
            Loader loader = varve.loader(dataset, mapping.creationParameters());
            LoadProposal proposal;
            if (format == FileFormat.PARQUET) {
                proposal = loader.dryRun(format.contentType(), file);
            } else {
                try (BodyCutter bodies = cutter(file, SAMPLE_BYTES)) {
                    BodyCutter.Body body = bodies.next();
                    if (body == null) {
                        terminal.say(file + ": no rows");
                        continue;
                    }
                    proposal = loader.dryRun(format.contentType(), body.bytes(), body.length());
                }
            }
            show(file, proposal);
            rejected += proposal.rejected();
        }
        return rejected == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void show(Path file, LoadProposal proposal) {
        TextTable table = TextTable.of("source", "target", "type", "sample");
        for (LoadProposal.Mapped column : proposal.mapping()) {
            table.add(Arrays.asList(column.source(), column.target(), column.type(), column.sample()));
        }
        terminal.out().print(table.text());
        terminal.out().flush();
        terminal.say(file + ": of " + proposal.rows() + " rows read (at most 16 MiB) " + proposal.rejected()
                + " would be rejected; nothing was written");
        for (RowError error : proposal.errors()) {
            terminal.say("  row " + error.row() + ", column " + error.column() + ": '" + error.value() + "' "
                    + error.reason());
        }
    }
}
