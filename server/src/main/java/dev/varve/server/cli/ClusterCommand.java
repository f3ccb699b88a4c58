package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands for a cluster whose processes run on this machine. */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a cluster on this machine: a ZooKeeper and some nodes, each a process of its own, under one folder.",
            "Begin with: varve cluster start. Then kill, pause or drain a node, and see by status what becomes of it."
        })
final class ClusterCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec command;

    private ClusterCommand() {}

    static CommandLine line(Terminal terminal) {
        return new CommandLine(new ClusterCommand())
                .addSubcommand(new ClusterStartCommand(terminal))
                .addSubcommand(new ClusterStatusCommand(terminal))
                .addSubcommand(new ClusterProcessCommands.Stop(terminal))
                .addSubcommand(new ClusterProcessCommands.Restart(terminal))
                .addSubcommand(new ClusterProcessCommands.Kill(terminal))
                .addSubcommand(new ClusterProcessCommands.Pause(terminal))
                .addSubcommand(new ClusterProcessCommands.Resume(terminal))
                .addSubcommand(new ClusterProcessCommands.Add(terminal))
                .addSubcommand(new ClusterPlaceCommands.Drain(terminal))
                .addSubcommand(new ClusterPlaceCommands.Remove(terminal));
    }

    @Override
    public void run() {
        if (command != null) {
            throw new ParameterException(command.commandLine(), "say what to do, for example: cluster start");
        }
    }
}
