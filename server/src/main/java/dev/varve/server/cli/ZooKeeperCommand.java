package dev.varve.server.cli;

import dev.varve.controller.zookeeper.EnsembleMember;
import dev.varve.controller.zookeeper.ZooKeeperProcess;
import dev.varve.server.console.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a ZooKeeper until the process is told to end. */
@Command(
        name = "zookeeper",
        mixinStandardHelpOptions = true,
        description = {
            "Runs ZooKeeper, which a cluster needs to agree on who leads, until it is told to end.",
            "One is enough to try things out; three, each on a machine of its own, survive the loss of one. Name all of"
                    + " them to each by --servers, and say by --id which it is. It asks nobody who they are: let only"
                    + " nodes of the cluster reach it. ZooKeepers that are there already do as well."
        })
final class ZooKeeperCommand implements Callable<Integer> {
    private static final int USUAL_PORT = 2181;

    private final Terminal terminal;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "the folder of everything it keeps")
    private Path data = Path.of("");

    @Option(names = "--port", paramLabel = "N", description = "for nodes; default " + USUAL_PORT)
    private int port = USUAL_PORT;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "default 127.0.0.1; 0.0.0.0 for all addresses")
    private String host = "127.0.0.1";

    @Option(names = "--id", paramLabel = "N", description = "which of --servers it is")
    private int id;

    @Option(
            names = "--servers",
            paramLabel = "LIST",
            description = "ID=HOST:PEERPORT:ELECTIONPORT of each, with commas; none when it is alone")
    private @Nullable String servers;

    ZooKeeperCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<EnsembleMember> members = servers == null ? List.of() : EnsembleMember.parse(servers);
        CompletableFuture<Void> stopping = new CompletableFuture<>();
        try (ZooKeeperProcess process =
                ZooKeeperProcess.start(new ZooKeeperProcess.Config(data, host, port, id, members))) {
            StopSignals.handle(() -> stopping.complete(null));
            terminal.say("zookeeper is ready: " + host + ":" + port
                    + (members.isEmpty() ? "" : ", server " + id + " of " + members.size()) + ", data in "
                    + data.toAbsolutePath().normalize());
            CompletableFuture.anyOf(stopping, process.ended()).get();
            if (!stopping.isDone()) {
                terminal.say("error: zookeeper ended by itself; what it logged says why");
                return ExitCodes.FAILED;
            }
            terminal.say("zookeeper is stopping");
            return ExitCodes.OK;
        } catch (ExecutionException e) {
            terminal.say("error: zookeeper failed: " + e.getCause());
            return ExitCodes.FAILED;
        }
    }
}
