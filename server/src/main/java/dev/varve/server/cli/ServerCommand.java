package dev.varve.server.cli;

import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a node until the process is told to end. */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a node with everything embedded, until it is told to end.",
            "SIGTERM and Ctrl-C let running requests end, write what is in memory to files, and stop. It listens on the"
                    + " loopback address only, unless --host says otherwise; it asks nobody who they are."
        })
final class ServerCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final NodeLauncher launcher;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "the folder of everything it keeps")
    private Path data = Path.of("");

    @Option(names = "--http-port", paramLabel = "N", description = "default 8181; 0 takes any free one")
    private @Nullable Integer httpPort;

    @Option(names = "--flight-port", paramLabel = "N", description = "default 8182; 0 takes any free one")
    private @Nullable Integer flightPort;

    @Option(names = "--s3-port", paramLabel = "N", description = "default 8183; 0 takes any free one")
    private @Nullable Integer s3Port;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "default 127.0.0.1; 0.0.0.0 for all addresses")
    private @Nullable String host;

    @Option(names = "--config", paramLabel = "FILE", description = "lines of key = value")
    private @Nullable Path config;

    ServerCommand(Terminal terminal, NodeLauncher launcher) {
        this.terminal = terminal;
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws InterruptedException {
        long start = System.nanoTime();
        CountDownLatch stopping = new CountDownLatch(1);
        try (NodeLauncher.RunningNode node = launcher.start(config, terminal.environment(), settings())) {
            StopSignals.handle(stopping::countDown);
            String address = host == null ? "127.0.0.1" : host;
            terminal.say("varve is ready: http://" + address + ":" + node.httpPort() + " and grpc://" + address + ":"
                    + node.flightPort() + ", S3 on http://" + address + ":" + node.s3Port() + ", data in "
                    + data.toAbsolutePath().normalize() + ", started in "
                    + Amounts.duration(Duration.ofNanos(System.nanoTime() - start)));
            stopping.await();
            terminal.say("varve is stopping: letting requests end and writing rows to files");
        }
        return ExitCodes.OK;
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("data.dir", data.toString());
        if (httpPort != null) {
            settings.put("http.port", httpPort.toString());
        }
        if (flightPort != null) {
            settings.put("flight.port", flightPort.toString());
        }
        if (s3Port != null) {
            settings.put("s3.port", s3Port.toString());
        }
        if (host != null) {
            settings.put("http.host", host);
            settings.put("flight.host", host);
            settings.put("s3.host", host);
        }
        return settings;
    }
}
