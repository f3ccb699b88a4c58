package dev.varve.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.sdk.Ack;
import dev.varve.sdk.DatasetSummary;
import dev.varve.sdk.QueryStream;
import dev.varve.sdk.Statement;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.JsonAnswer;
import dev.varve.server.console.Progress;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import dev.varve.server.demo.Demo;
import dev.varve.server.demo.Question;
import dev.varve.server.flight.FlightExport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts a node, fills it with made-up weather and shows what can be asked. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a node with a data folder of its own, loads the weather of a made-up network of stations, runs a few"
                    + " queries and stays up to be asked more.",
            "A second run with the same --data finds the rows again. Remove the folder to begin anew."
        })
final class DemoCommand implements Callable<Integer> {
    /** A row more than was loaded is the correction of an earlier run, if it has not been merged yet. */
    private static final long MOST_CORRECTIONS = 1_000;

    private static final double CORRECTED = 12.3;

    private final Terminal terminal;
    private final NodeLauncher launcher;

    @Option(names = "--rows", paramLabel = "N", description = "how many observations; default ${DEFAULT-VALUE}")
    private long rows = 5_000_000;

    @Option(names = "--seed", paramLabel = "S", description = "another seed makes other weather; default 1")
    private long seed = 1;

    @Option(names = "--data", paramLabel = "DIR", description = "the node's folder; default ${DEFAULT-VALUE}")
    private Path data = Path.of(".varve", "demo");

    @Option(names = "--once", description = "end after the queries")
    private boolean once;

    @Option(names = "--http-port", paramLabel = "N", description = "default 8181; 0 takes any free one")
    private int httpPort = 8181;

    @Option(names = "--flight-port", paramLabel = "N", description = "default 8182; 0 takes any free one")
    private int flightPort = 8182;

    @Mixin
    private ProgressOption progress = new ProgressOption();

    private volatile boolean isUp;

    /** The query that runs, if one does. */
    private @Nullable String asked;

    DemoCommand(Terminal terminal, NodeLauncher launcher) {
        this.terminal = terminal;
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        CountDownLatch stopping = new CountDownLatch(1);
        try (NodeLauncher.RunningNode node = launcher.start(
                null,
                terminal.environment(),
                Map.of(
                        "data.dir",
                        data.toString(),
                        "http.port",
                        Integer.toString(httpPort),
                        "flight.port",
                        Integer.toString(flightPort),
                        "s3.port",
                        "0"))) {
            StopSignals.handle(() -> stop(node, stopping));
            String url = "http://127.0.0.1:" + node.httpPort();
            // One row of a station comes once, so that batches may overtake each other.
            try (Varve varve = Varve.connect(url + "?inFlight=4&linger=60s")) {
                int exitCode = show(varve, node.flightPort());
                if (exitCode != ExitCodes.OK || once) {
                    return exitCode;
                }
            }
            asked = null;
            printNextSteps(url);
            isUp = true;
            stopping.await();
            return ExitCodes.OK;
        } catch (VarveClientException e) {
            return Failures.report(terminal, e, asked);
        }
    }

    /** Before the demo is up, the main thread is busy loading or asking and cannot be waited for. */
    private void stop(NodeLauncher.RunningNode node, CountDownLatch stopping) {
        if (isUp) {
            stopping.countDown();
            return;
        }
        node.close();
        terminal.out().flush();
        terminal.err().flush();
        Runtime.getRuntime().halt(ExitCodes.INTERRUPTED);
    }

    private int show(Varve varve, int port) throws IOException {
        Demo demo = new Demo(rows, seed);
        Optional<DatasetSummary> present = Demo.present(varve);
        if (present.isPresent() && !isWhole(present.get())) {
            terminal.say(
                    "error: " + data + " holds " + Amounts.count(present.get().rows()) + " rows of " + Demo.DATASET
                            + ", not " + Amounts.count(rows));
            terminal.say("hint: remove the folder (rm -r " + data + "), or choose another by --data");
            return ExitCodes.FAILED;
        }
        if (present.isPresent()) {
            say("Found the " + Amounts.count(present.get().rows()) + " observations of an earlier run in " + data
                    + ".");
        } else {
            load(varve, demo);
        }
        for (Question question : demo.questions()) {
            ask(varve, question);
        }
        showCorrection(varve, demo);
        showExport(port);
        return ExitCodes.OK;
    }

    private boolean isWhole(DatasetSummary present) {
        return present.rows() >= rows && present.rows() <= rows + MOST_CORRECTIONS;
    }

    private void load(Varve varve, Demo demo) {
        say("Loading " + Amounts.count(rows) + " hourly observations of " + Amounts.count(demo.stations())
                + " stations, " + Amounts.count(demo.hours() / 24 + 1) + " days, through the Java SDK.");
        Progress bar = progress.start(terminal, Demo.DATASET, Progress.Unit.ROWS, rows);
        try (bar) {
            Ack ack = demo.load(varve, bar);
            Duration loading = bar.elapsed();
            bar.close();
            say(Summary.of(Demo.DATASET, ack.accepted(), ack.rejected(), 0, loading)
                    + "; each acknowledged after fsync.");
        }
        long start = System.nanoTime();
        DatasetSummary files = varve.flushDataset(Demo.DATASET).summary();
        say("Wrote them to " + Amounts.count(files.files()) + " Parquet files, sorted by cell and time: "
                + Amounts.bytes(files.bytes()) + " in "
                + Amounts.duration(Duration.ofNanos(System.nanoTime() - start)) + ".");
    }

    private void showCorrection(Varve varve, Demo demo) throws IOException {
        ask(varve, demo.correctedRow());
        demo.correct(varve, CORRECTED);
        say("\n… a row of the same station and time arrives, with temperature " + CORRECTED + " …");
        ask(varve, new Question("The same query again", demo.correctedRow().sql()));
    }

    private void showExport(int port) throws IOException {
        asked = "select * from " + Demo.DATASET;
        say("\n== All of it, over Arrow Flight");
        say(asked.indent(3).stripTrailing());
        LongAdder exported = new LongAdder();
        long start = System.nanoTime();
        try {
            FlightExport.run(port, asked, exported::add);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("the export failed: " + e.getMessage(), e);
        }
        long nanos = System.nanoTime() - start;
        say("\n   " + Amounts.duration(Duration.ofNanos(nanos)) + "; " + Amounts.count(exported.sum()) + " rows, "
                + Amounts.about(exported.sum() * 1e9 / nanos) + " a second");
    }

    private void ask(Varve varve, Question question) throws IOException {
        say("\n== " + question.title());
        say(question.sql().indent(3).stripTrailing());
        asked = question.sql();
        long start = System.nanoTime();
        List<List<@Nullable String>> found = new ArrayList<>();
        try (QueryStream stream = varve.stream(Statement.of(question.sql()), "json")) {
            JsonAnswer answer = JsonAnswer.read(stream.body(), (headers, row) -> found.add(row));
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            TextTable table = new TextTable(answer.headers());
            found.forEach(table::add);
            say("\n" + table.text().indent(3).stripTrailing());
            say("\n   " + cost(answer.stats(), took));
        }
    }

    /** Such as {@code 12 ms; 3 of 105 files, 1.2 of 48 MiB (98 % skipped)}. */
    static String cost(JsonNode stats, Duration took) {
        long bytesTotal = stats.path("bytesTotal").asLong();
        long bytesRead = stats.path("bytesRead").asLong();
        long skipped = bytesTotal == 0 ? 0 : Math.round(100.0 * (bytesTotal - bytesRead) / bytesTotal);
        long live = stats.path("liveRows").asLong();
        return Amounts.duration(took) + "; read " + stats.path("filesRead").asLong() + " of "
                + stats.path("filesTotal").asLong() + " files, " + Amounts.bytes(bytesRead) + " of "
                + Amounts.bytes(bytesTotal) + " (" + skipped + " % skipped)"
                + (live == 0 ? "" : " and " + Amounts.count(live) + " rows not yet in files");
    }

    private void printNextSteps(String url) {
        say("""

                The node stays up at %1$s until Ctrl-C. Try, from another terminal:

                   curl '%1$s/api/v1/sql?format=pretty' --data 'select count(*) from weather' -H 'Content-Type: text/plain'
                   ./varve sql "select station, max(wind_speed) from weather group by 1 order by 2 desc limit 10" --url %1$s
                   ./varve export "select * from weather where lat > 60" -o north.parquet --url %1$s

                   # python3, with the client of the folder python installed
                   import varve
                   con = varve.connect("%1$s")
                   print(varve.read_observations(con, "weather", near=(48.86, 2.35, 50), bucket="1d"))""".formatted(url));
    }

    private void say(String text) {
        PrintStream out = terminal.out();
        out.println(text);
        out.flush();
    }
}
