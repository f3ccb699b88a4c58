package dev.varve.server.launch;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.yaml.FlatYaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A ZooKeeper of a local cluster, as its configuration says. */
record LocalZooKeeper(int number, Path folder, String host, int port, int peerPort, int electionPort) {
    static final int PORTS = 3;
    private static final String FILE = "zookeeper.yaml";

    static LocalZooKeeper read(int number, Path folder) {
        Path file = folder.resolve(FILE);
        try {
            Map<String, FlatYaml.Entry> entries = FlatYaml.read(file);
            return new LocalZooKeeper(
                    number,
                    folder,
                    LocalNode.text(file, entries, "host"),
                    LocalNode.port(file, entries, "port"),
                    LocalNode.port(file, entries, "peer-port"),
                    LocalNode.port(file, entries, "election-port"));
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    String name() {
        return "zookeeper-" + number;
    }

    String address() {
        return host + ":" + port;
    }

    void write() throws IOException {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("host", host);
        keys.put("port", Integer.toString(port));
        keys.put("peer-port", Integer.toString(peerPort));
        keys.put("election-port", Integer.toString(electionPort));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(FILE), LocalNode.yaml(keys));
    }

    /** The arguments of {@code varve}. */
    String[] arguments(List<LocalZooKeeper> all) {
        List<String> arguments = new ArrayList<>(List.of(
                "zookeeper",
                "--data",
                folder.resolve("data").toString(),
                "--host",
                host,
                "--port",
                Integer.toString(port)));
        if (all.size() > 1) {
            arguments.addAll(List.of(
                    "--id",
                    Integer.toString(number),
                    "--servers",
                    all.stream()
                            .map(one -> "%d=%s:%d:%d"
                                    .formatted(one.number(), one.host(), one.peerPort(), one.electionPort()))
                            .collect(Collectors.joining(","))));
        }
        return arguments.toArray(String[]::new);
    }
}
