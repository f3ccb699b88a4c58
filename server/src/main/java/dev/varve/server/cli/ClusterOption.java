package dev.varve.server.cli;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.Surroundings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import picocli.CommandLine.Option;

/** Which local cluster a command is about. */
final class ClusterOption {
    private static final String NODE = "node-";
    private static final String ZOOKEEPER = "zookeeper-";

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = "${env:VARVE_CLUSTER:-varve-cluster}",
            description = "the cluster's folder; default ${DEFAULT-VALUE}, or the environment's VARVE_CLUSTER")
    private Path directory = Path.of("");

    Path directory() {
        return directory;
    }

    LocalCluster open() {
        return LocalCluster.open(directory, Surroundings.LOOPBACK);
    }

    /** A process of it by what people write: {@code 2}, {@code node-2}, {@code zookeeper-1}, {@code zookeeper}. */
    static String process(LocalCluster cluster, String given) {
        String name = given.matches("\\d{1,4}") ? NODE + given : given.equals("zookeeper") ? ZOOKEEPER + 1 : given;
        if (!cluster.processes().contains(name)) {
            throw new VarveException(
                            ErrorCode.NOT_FOUND, "the cluster in %s has no %s".formatted(cluster.folder(), name))
                    .withHint("it has " + String.join(", ", cluster.processes()));
        }
        return name;
    }

    /** A node of it, by its number or its name. */
    static String node(LocalCluster cluster, String given) {
        String name = process(cluster, given);
        if (name.startsWith(ZOOKEEPER)) {
            List<String> nodes = cluster.processes().stream()
                    .filter(process -> process.startsWith(NODE))
                    .toList();
            throw new VarveException(ErrorCode.BAD_REQUEST, given + " is no node")
                    .withHint("the nodes are " + String.join(", ", nodes));
        }
        return name;
    }

    /** Keeps other commands from changing the cluster at the same time, until it is closed. */
    FileChannel lock() throws IOException {
        Files.createDirectories(directory);
        FileChannel file =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (file.tryLock() == null) {
            file.close();
            throw new VarveException(ErrorCode.CONFLICT, "another command is changing the cluster in " + directory)
                    .withHint("wait until it is done");
        }
        return file;
    }
}
