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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the folder of everything it keeps; needed unless --config names it")
    private @Nullable Path data;

    @Option(names = "--http-port", paramLabel = "N", description = "default 8181; 0 takes any free one")
    private @Nullable Integer httpPort;

    @Option(names = "--flight-port", paramLabel = "N", description = "default 8182; 0 takes any free one")
    private @Nullable Integer flightPort;

    @Option(names = "--s3-port", paramLabel = "N", description = "default 8183; 0 takes any free one")
    private @Nullable Integer s3Port;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "default 127.0.0.1; 0.0.0.0 for all addresses")
    private @Nullable String host;

    @Option(names = "--config", paramLabel = "FILE", description = "lines of key = value, or YAML")
    private @Nullable Path config;

    @Spec
    private @Nullable CommandSpec command;

    ServerCommand(Terminal terminal, NodeLauncher launcher) {
        this.terminal = terminal;
        this.launcher = launcher;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (data == null && config == null && command != null) {
            throw new ParameterException(command.commandLine(), "say where the data is, by --data or --config");
        }
        long start = System.nanoTime();
        CountDownLatch stopping = new CountDownLatch(1);
        try (NodeLauncher.RunningNode node = launcher.start(config, terminal.environment(), settings())) {
            StopSignals.handle(stopping::countDown);
            String address = node.host();
            terminal.say("varve is ready: http://" + address + ":" + node.httpPort() + " and grpc://" + address + ":"
                    + node.flightPort() + ", S3 on http://" + address + ":" + node.s3Port() + ", data in "
                    + node.data().toAbsolutePath().normalize() + ", started in "
                    + Amounts.duration(Duration.ofNanos(System.nanoTime() - start)));
            stopping.await();
            terminal.say("varve is stopping: letting requests end and writing rows to files");
        }
        return ExitCodes.OK;
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (data != null) {
            settings.put("data.dir", data.toString());
        }
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
