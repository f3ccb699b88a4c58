package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.LocalNode;
import dev.varve.server.launch.ProcessState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be done to the processes of a local cluster. */
final class ClusterProcessCommands {
    private static final Duration STOP_PATIENCE = Duration.ofMinutes(2);
    private static final String WHICH = "a node by number or name, or zookeeper-1";

    private ClusterProcessCommands() {}

    @Command(
            name = "stop",
            mixinStandardHelpOptions = true,
            description = "Stops all processes, or one: requests end, rows are written to files. Paused ones, too.")
    static final class Stop implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(arity = "0..1", paramLabel = "N", description = WHICH)
        private @Nullable String process;

        Stop(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            try (LocalCluster local = cluster.open();
                    FileChannel _ = cluster.lock()) {
                if (process == null) {
                    List<String> killed = local.stop(STOP_PATIENCE);
                    killed.forEach(name -> terminal.say(name + " did not end in time and was killed; nothing is lost"));
                    terminal.say("stopped; its data stays in " + local.folder());
                } else {
                    String name = ClusterOption.process(local, process);
                    boolean isClean = local.stop(name, STOP_PATIENCE);
                    terminal.say(name + (isClean ? " is stopped" : " did not end in time and was killed"));
                }
                return ExitCodes.OK;
            }
        }
    }

    /** Something that is done to one process at once. */
    abstract static class ToOne implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(paramLabel = "N", description = WHICH)
        private String process = "";

        ToOne(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            try (LocalCluster local = cluster.open()) {
                String name = ClusterOption.process(local, process);
                terminal.say(name + act(local, name, process));
                return ExitCodes.OK;
            }
        }

        /**
         * Does it; returns what then is to be said of the process.
         *
         * @param given how the process was named
         */
        abstract String act(LocalCluster local, String name, String given);
    }

    @Command(
            name = "kill",
            mixinStandardHelpOptions = true,
            description = "Kills a process as a crash would (kill -9). varve cluster start brings it back.")
    static final class Kill extends ToOne {
        Kill(Terminal terminal) {
            super(terminal);
        }

        @Override
        String act(LocalCluster local, String name, String given) {
            local.kill(name);
            return " is killed";
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Stops a process in its tracks (SIGSTOP): it keeps its connections and says nothing.")
    static final class Pause extends ToOne {
        Pause(Terminal terminal) {
            super(terminal);
        }

        @Override
        String act(LocalCluster local, String name, String given) {
            local.pause(name);
            return " is paused; it goes on with: varve cluster resume " + given;
        }
    }

    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description = "Lets a paused process go on, as if no time had passed (SIGCONT).")
    static final class Resume extends ToOne {
        Resume(Terminal terminal) {
            super(terminal);
        }

        @Override
        String act(LocalCluster local, String name, String given) {
            local.resume(name);
            return " goes on";
        }
    }

    @Command(
            name = "restart",
            mixinStandardHelpOptions = true,
            description = {
                "Restarts the nodes one after the other, or one of them; the cluster serves on.",
                "The next one is stopped when the last is ready and every chunk has all its replicas again."
            })
    static final class Restart implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Parameters(arity = "0..1", paramLabel = "N", description = WHICH)
        private @Nullable String process;

        @Option(names = "--wait", paramLabel = "SECONDS", description = "most to wait for each; default 300")
        private int wait = 300;

        Restart(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            try (LocalCluster local = cluster.open();
                    FileChannel _ = cluster.lock()) {
                List<String> names = process == null
                        ? local.nodes().stream().map(LocalNode::id).toList()
                        : List.of(ClusterOption.process(local, process));
                Duration patience = Duration.ofSeconds(wait);
                for (String name : names) {
                    if (names.size() > 1) {
                        local.awaitWhole(patience);
                    }
                    boolean wasUp = local.state(name) == ProcessState.RUNNING;
                    local.stop(name, STOP_PATIENCE);
                    local.start(name);
                    if (local.nodes().stream().anyMatch(node -> node.id().equals(name))) {
                        local.awaitReady(List.of(name), patience);
                    }
                    local.awaitWhole(patience);
                    terminal.say(name + (wasUp ? " is restarted" : " is started"));
                }
                return ExitCodes.OK;
            }
        }
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Adds nodes, which are given their share of the replicas; the cluster serves on meanwhile.")
    static final class Add implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private ClusterOption cluster = new ClusterOption();

        @Option(names = "--count", paramLabel = "N", description = "how many; default 1")
        private int count = 1;

        @Option(names = "--wait", paramLabel = "SECONDS", description = "most to wait until ready; default 180")
        private int wait = 180;

        Add(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            try (LocalCluster local = cluster.open();
                    FileChannel _ = cluster.lock()) {
                for (int i = 0; i < count; i++) {
                    LocalNode node = local.add();
                    local.start(node.id());
                    local.awaitReady(List.of(node.id()), Duration.ofSeconds(wait));
                    terminal.say(
                            node.id() + " is there: " + node.url() + "; varve cluster status shows what moves to it");
                }
                return ExitCodes.OK;
            }
        }
    }
}
