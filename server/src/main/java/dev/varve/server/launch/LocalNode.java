package dev.varve.server.launch;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.yaml.FlatYaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A node of a local cluster, as its configuration says.
 *
 * @param id {@code node-1} and so on
 * @param folder of its configuration, data and log
 */
public record LocalNode(
        int number, String id, Path folder, String host, int httpPort, int flightPort, int s3Port, int peerPort) {
    static final int PORTS = 4;
    static final String PREFIX = "node-";
    private static final String FILE = "node.yaml";

    public Path config() {
        return folder.resolve(FILE);
    }

    public Path data() {
        return folder.resolve("data");
    }

    public String url() {
        return "http://" + host + ":" + httpPort;
    }

    static LocalNode read(int number, Path folder) {
        Path file = folder.resolve(FILE);
        try {
            Map<String, FlatYaml.Entry> entries = FlatYaml.read(file);
            return new LocalNode(
                    number,
                    PREFIX + number,
                    folder,
                    text(file, entries, "cluster.host"),
                    port(file, entries, "http.port"),
                    port(file, entries, "flight.port"),
                    port(file, entries, "s3.port"),
                    port(file, entries, "cluster.peer-port"));
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    static String text(Path file, Map<String, FlatYaml.Entry> entries, String key) {
        FlatYaml.Entry found = entries.get(key);
        if (found == null) {
            throw new VarveException(ErrorCode.BAD_REQUEST, file + " does not say " + key);
        }
        return found.text();
    }

    static int port(Path file, Map<String, FlatYaml.Entry> entries, String key) {
        String text = text(file, entries, key);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "%s: %s is '%s', no number".formatted(file, key, text), e);
        }
    }

    /** Writes the node's configuration; {@code settings} win. */
    void write(String zookeeper, String cluster, Path secret, int replicas, Map<String, String> settings)
            throws IOException {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("data.dir", data().toString());
        keys.put("memory.limit", "1GiB");
        keys.put("query.memory-limit", "512MiB");
        for (String door : new String[] {"http", "flight", "s3"}) {
            keys.put(door + ".host", host);
        }
        keys.put("http.port", Integer.toString(httpPort));
        keys.put("flight.port", Integer.toString(flightPort));
        keys.put("s3.port", Integer.toString(s3Port));
        keys.put("cluster.zookeeper", zookeeper);
        keys.put("cluster.name", cluster);
        keys.put("cluster.node", id);
        keys.put("cluster.host", host);
        keys.put("cluster.peer-port", Integer.toString(peerPort));
        keys.put("cluster.secret-file", secret.toString());
        keys.put("cluster.replicas", Integer.toString(replicas));
        keys.putAll(settings);
        Files.createDirectories(folder);
        Files.writeString(
                config(),
                "# The node's configuration: docs/configuration.md. Restart it after a change.\n" + yaml(keys));
    }

    /** Quoted, so that no value means anything to YAML. */
    static String yaml(Map<String, String> keys) {
        StringBuilder text = new StringBuilder();
        keys.forEach((key, value) -> text.append(key)
                .append(": ")
                .append(value.matches("[A-Za-z0-9][A-Za-z0-9_./-]*") ? value : "'" + value.replace("'", "''") + "'")
                .append('\n'));
        return text.toString();
    }
}
