package dev.varve.server.cli;

import dev.varve.sdk.KeyValues;
import dev.varve.sdk.QueryStream;
import dev.varve.sdk.Statement;
import dev.varve.sdk.Varve;
import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import dev.varve.server.demo.Demo;
import dev.varve.server.demo.Question;
import dev.varve.server.flight.FlightExport;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Uses a small node for a while as its users do, so that the start cache learns which code runs often (JEP 515).
 *
 * <p>For the launcher, which makes the cache.
 */
@Command(
        name = "rehearse",
        hidden = true,
        mixinStandardHelpOptions = true,
        description = "Uses a small node for a while, for the cache that makes the next start fast.")
final class RehearseCommand implements Callable<Integer> {
    private static final long ROWS = 300_000;
    private static final int EXPORTS = 3;
    private static final int VALUE_BYTES = 4_096;
    private static final List<String> FORMATS = List.of("json", "arrow", "csv");

    private final Terminal terminal;
    private final NodeLauncher launcher;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "the node's folder")
    private Path data = Path.of("");

    @Option(names = "--rounds", paramLabel = "N", description = "how many small queries; default ${DEFAULT-VALUE}")
    private int rounds = 1_500;

    @Mixin
    private ProgressOption progress = new ProgressOption();

    RehearseCommand(Terminal terminal, NodeLauncher launcher) {
        this.terminal = terminal;
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws Exception {
        Map<String, String> settings =
                Map.of("data.dir", data.toString(), "http.port", "0", "flight.port", "0", "s3.port", "0");
        try (NodeLauncher.RunningNode node = launcher.start(null, terminal.environment(), settings);
                Varve varve = Varve.connect("http://127.0.0.1:" + node.httpPort() + "?inFlight=4&linger=60s")) {
            Demo demo = new Demo(ROWS, 1);
            try (Progress bar = progress.start(terminal, Demo.DATASET, Progress.Unit.ROWS, ROWS)) {
                demo.load(varve, bar);
            }
            varve.flushDataset(Demo.DATASET);
            for (Question question : demo.questions()) {
                ask(varve, question.sql(), "json");
            }
            for (int export = 0; export < EXPORTS; export++) {
                FlightExport.run(node.flightPort(), "select * from " + Demo.DATASET, count -> {});
            }
            keepValues(varve.kv());
            for (int round = 0; round < rounds; round++) {
                ask(varve, demo.everyday(round).sql(), FORMATS.get(round % FORMATS.size()));
            }
        }
        return ExitCodes.OK;
    }

    private static void ask(Varve varve, String sql, String format) throws Exception {
        try (QueryStream answer = varve.stream(Statement.of(sql), format)) {
            answer.body().transferTo(OutputStream.nullOutputStream());
        }
    }

    private void keepValues(KeyValues values) throws Exception {
        String bucket = "rehearsal";
        values.createBucket(bucket, KeyValues.Keeping.VERSIONS);
        for (int key = 0; key < rounds; key++) {
            values.put(bucket, "key-" + key, new byte[VALUE_BYTES]);
            values.get(bucket, "key-" + key);
        }
    }
}
