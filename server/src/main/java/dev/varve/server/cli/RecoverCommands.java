package dev.varve.server.cli;

import dev.varve.blobstore.RecoveredLog;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.ClusterRecovery;
import dev.varve.server.NodeConfig;
import dev.varve.server.cluster.DiskReport;
import dev.varve.server.cluster.LostCluster;
import dev.varve.server.cluster.Roster;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Commands for a cluster whose ZooKeeper is lost. */
final class RecoverCommands {
    private RecoverCommands() {}

    @Command(
            name = "survey",
            mixinStandardHelpOptions = true,
            description = {
                "Writes to a small file what a node's disk says of its cluster, to be carried to the machine on which"
                        + " recover-pointers is run.",
                "The node must be stopped. Of the data nothing is changed."
            })
    static final class Survey implements Callable<Integer> {
        private final Terminal terminal;

        @Option(names = "--data", required = true, paramLabel = "DIR", description = "the node's data directory")
        private Path data = Path.of("");

        @Option(names = "--out", required = true, paramLabel = "FILE", description = "a new file")
        private Path out = Path.of("");

        Survey(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            if (Files.exists(out)) {
                throw new FileAlreadyExistsException(out.toString());
            }
            DiskReport report = ClusterRecovery.survey(data);
            report.write(out);
            terminal.say("wrote " + out + " (" + Files.size(out) + " bytes): node "
                    + report.roster()
                            .map(Roster::node)
                            .orElse(String.valueOf(report.survey().identity().nodeId()))
                    + " of cluster " + report.survey().identity().clusterId() + ", "
                    + report.survey().facts().size() + " chunks of logs");
            return ExitCodes.OK;
        }
    }

    @Command(
            name = "recover-pointers",
            mixinStandardHelpOptions = true,
            description = {
                "Writes again what a lost ZooKeeper kept of a cluster: where each log ends, and who its nodes are.",
                "For when ZooKeeper's disks are lost for good. Stop all nodes, start a new ZooKeeper that is empty, run this"
                        + " once, start the nodes. Of three nodes the disks of two are enough; it refuses when"
                        + " something acknowledged may be on a disk that is not here, and names whose that is.",
                "First look with --dry-run; with --yes it is written. Done again, it finds that nothing is to be done."
            },
            footer = {
                "",
                "On one machine:",
                "  varve admin recover-pointers --config varve-cluster/node-1/node.yaml \\",
                "      --data varve-cluster/node-*/data --dry-run",
                "On several, on each: varve admin survey --data DIR --out NAME.survey; then, on one of them:",
                "  varve admin recover-pointers --config node.yaml --survey *.survey --dry-run"
            })
    static final class Recover implements Callable<Integer> {
        private final Terminal terminal;

        @Option(
                names = "--config",
                required = true,
                paramLabel = "FILE",
                description = "the configuration of any node of the cluster: it names ZooKeeper")
        private Path config = Path.of("");

        @Option(
                names = "--data",
                arity = "1..*",
                paramLabel = "DIR",
                description = "data directories of nodes, which must be stopped")
        private List<Path> data = List.of();

        @Option(
                names = "--survey",
                arity = "1..*",
                paramLabel = "FILE",
                description = "what varve admin survey wrote of the disks of other machines")
        private List<Path> surveys = List.of();

        @Option(names = "--dry-run", description = "only say what would be written")
        private boolean dryRun;

        @Option(names = "--yes", description = "write it")
        private boolean yes;

        Recover(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            ClusterRecovery recovery =
                    ClusterRecovery.of(NodeConfig.load(config, terminal.environment(), Map.of()), disks());
            if (!recovery.isNeeded()) {
                terminal.say("nothing is to be done: ZooKeeper knows cluster "
                        + recovery.cluster().roster().name() + " and where its "
                        + recovery.logs().size() + " logs end");
                return ExitCodes.OK;
            }
            terminal.out()
                    .print(table(recovery.logs(), recovery.cluster().disks().size()));
            describe(recovery.cluster());
            if (dryRun) {
                terminal.say("nothing was changed; to write this: the same with --yes instead of --dry-run");
                return ExitCodes.OK;
            }
            if (!yes) {
                terminal.say("error: nothing was changed; to write this: the same with --yes");
                return ExitCodes.USAGE;
            }
            recovery.write();
            terminal.say("written: " + recovery.logs().size() + " logs, "
                    + recovery.cluster().members().size() + " nodes, "
                    + recovery.cluster().born().size() + " placement groups; the nodes can be started");
            return ExitCodes.OK;
        }

        private List<DiskReport> disks() {
            if (data.isEmpty() && surveys.isEmpty()) {
                throw new VarveException(ErrorCode.BAD_REQUEST, "no disk is named")
                        .withHint(
                                "name data directories by --data, or files that varve admin survey wrote by --survey");
            }
            List<DiskReport> disks = new ArrayList<>();
            for (Path directory : data) {
                terminal.say("reading " + directory);
                disks.add(ClusterRecovery.survey(directory));
            }
            surveys.forEach(file -> disks.add(DiskReport.read(file)));
            return disks;
        }

        private void describe(LostCluster cluster) {
            terminal.say("cluster " + cluster.roster().name() + " "
                    + cluster.roster().cluster() + "; disks of "
                    + String.join(", ", cluster.disks().keySet())
                    + (cluster.missing().isEmpty()
                            ? ""
                            : "; without those of " + String.join(", ", cluster.missing())));
            cluster.disks()
                    .forEach((node, report) -> report.roster()
                            .ifPresent(roster ->
                                    terminal.say("  " + node + " saw its cluster change last at " + roster.written())));
            terminal.say(
                    "nothing that was acknowledged is lost; a request that failed or was not answered in the moment in"
                            + " which ZooKeeper was lost may have taken effect, for its entry may be the newest");
        }
    }

    static String table(List<RecoveredLog> logs, int disks) {
        TextTable table = new TextTable(List.of(
                new TextTable.Header("log", false),
                new TextTable.Header("start", true),
                new TextTable.Header("end", true),
                new TextTable.Header("epoch", true),
                new TextTable.Header("entries", true),
                new TextTable.Header("checkpoint", true),
                new TextTable.Header("disks", true)));
        for (RecoveredLog log : logs) {
            table.add(List.of(
                    log.name(),
                    Long.toString(log.start()),
                    Long.toString(log.end()),
                    Long.toString(log.epoch()),
                    Integer.toString(log.entries()),
                    log.checkpoint() < 0 ? "" : Long.toString(log.checkpoint()),
                    log.entries() == 0 ? "" : log.disks().size() + " of " + disks));
        }
        return table.text();
    }
}
