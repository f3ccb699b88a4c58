package dev.varve.server.launch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.yaml.FlatYaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A cluster of processes under one folder: made, started, hurt, mended and asked how it is. The processes outlive this
 * object, which may be opened again at any time, also by another process; changes are for one at a time.
 */
public final class LocalCluster implements AutoCloseable {
    private static final String FILE = "cluster.yaml";
    private static final String REMOVED = "removed";
    private static final Pattern NODE = Pattern.compile(LocalNode.PREFIX + "(\\d{1,4})");
    private static final int SECRET_BYTES = 32;
    private static final int LOG_LINES = 12;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final String ZOOKEEPER_HEAP = "256m";
    private static final String DIRECT_MEMORY = "2g";

    private final Path folder;
    private final Surroundings surroundings;
    private final String name;
    private final String heap;
    private final int replicas;
    private final OptionalInt basePort;
    private final Map<String, String> settings;
    private final List<LocalZooKeeper> zookeepers;
    private final Map<Integer, LocalNode> nodes = new TreeMap<>();
    private final NodeProbe probe = new NodeProbe();

    private LocalCluster(Path folder, Surroundings surroundings) throws IOException {
        this.folder = folder;
        this.surroundings = surroundings;
        Map<String, FlatYaml.Entry> entries = FlatYaml.read(folder.resolve(FILE));
        Path file = folder.resolve(FILE);
        this.name = LocalNode.text(file, entries, "name");
        this.heap = LocalNode.text(file, entries, "heap");
        this.replicas = LocalNode.port(file, entries, "replicas");
        this.basePort = entries.containsKey("base-port")
                ? OptionalInt.of(LocalNode.port(file, entries, "base-port"))
                : OptionalInt.empty();
        this.settings = entries.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("settings."))
                .collect(Collectors.toMap(
                        entry -> entry.getKey().substring("settings.".length()),
                        entry -> entry.getValue().text()));
        this.zookeepers = new ArrayList<>();
        for (int number = 1; Files.exists(zookeeperFolder(folder, number)); number++) {
            zookeepers.add(LocalZooKeeper.read(number, zookeeperFolder(folder, number)));
        }
        for (int number : numbers(folder)) {
            nodes.put(number, LocalNode.read(number, folder.resolve(LocalNode.PREFIX + number)));
        }
    }

    public static boolean exists(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    /** One that was made before. */
    public static LocalCluster open(Path folder, Surroundings surroundings) {
        if (!exists(folder)) {
            throw new VarveException(ErrorCode.NOT_FOUND, "there is no cluster in " + folder)
                    .withHint("varve cluster start makes one; --dir names another folder");
        }
        try {
            return new LocalCluster(folder.toAbsolutePath().normalize(), surroundings);
        } catch (IOException e) {
            throw new VarveException(
                    ErrorCode.STORAGE, "cannot read the cluster in " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Writes what a new one needs, and starts nothing. */
    public static LocalCluster create(Path folder, ClusterPlan plan, Surroundings surroundings) {
        Path whole = folder.toAbsolutePath().normalize();
        if (exists(whole)) {
            throw new VarveException(ErrorCode.CONFLICT, "there is a cluster in " + folder + " already");
        }
        try {
            Files.createDirectories(whole);
            writeSecret(whole.resolve("secret"));
            Ports ports = new Ports(plan.basePort(), isHere(surroundings), Set.of());
            for (int number = 1; number <= plan.zookeepers(); number++) {
                String host = surroundings.host("zookeeper-" + number);
                int port = ports.zookeeper(number, host, LocalZooKeeper.PORTS);
                new LocalZooKeeper(number, zookeeperFolder(whole, number), host, port, port + 1, port + 2).write();
            }
            Map<String, String> keys = new LinkedHashMap<>();
            keys.put("name", plan.name());
            keys.put("heap", plan.heap());
            keys.put("replicas", Integer.toString(plan.replicas()));
            plan.basePort().ifPresent(port -> keys.put("base-port", Integer.toString(port)));
            plan.settings().forEach((key, value) -> keys.put("settings." + key, value));
            // Last but for the nodes, which are added to what is there.
            Files.writeString(
                    whole.resolve(FILE),
                    "# What all nodes have; settings of one are in its node.yaml.\n" + LocalNode.yaml(keys));
            LocalCluster made = new LocalCluster(whole, surroundings);
            for (int number = 1; number <= plan.nodes(); number++) {
                made.writeNode(number, ports);
            }
            return made;
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "cannot make a cluster in " + folder + ": " + e.getMessage(), e)
                    .withHint("choose another folder by --dir");
        }
    }

    private static boolean isHere(Surroundings surroundings) {
        return surroundings.prefix(LocalNode.PREFIX + 1).isEmpty();
    }

    private static Path zookeeperFolder(Path folder, int number) {
        return folder.resolve("zookeeper").resolve(Integer.toString(number));
    }

    private static void writeSecret(Path file) throws IOException {
        if (Files.exists(file)) {
            return;
        }
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, secret, StandardOpenOption.WRITE);
    }

    private static List<Integer> numbers(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Integer> numbers = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, LocalNode.PREFIX + "*")) {
            for (Path entry : entries) {
                Matcher matcher = NODE.matcher(entry.getFileName().toString());
                if (matcher.matches() && Files.exists(entry.resolve("node.yaml"))) {
                    numbers.add(Integer.valueOf(matcher.group(1)));
                }
            }
        }
        return numbers;
    }

    private LocalNode writeNode(int number, Ports ports) throws IOException {
        String id = LocalNode.PREFIX + number;
        String host = surroundings.host(id);
        int port = ports.node(number, host, LocalNode.PORTS);
        LocalNode node = new LocalNode(number, id, folder.resolve(id), host, port, port + 1, port + 2, port + 3);
        node.write(zookeeper(), name, folder.resolve("secret"), replicas, settings);
        nodes.put(number, node);
        return node;
    }

    /** Writes what one more node needs, and does not start it; a number is never used again. */
    public LocalNode add() {
        try {
            int last = Stream.concat(numbers(folder).stream(), numbers(folder.resolve(REMOVED)).stream())
                    .max(Comparator.naturalOrder())
                    .orElse(0);
            Set<Integer> taken = new HashSet<>();
            nodes.values()
                    .forEach(node ->
                            taken.addAll(List.of(node.httpPort(), node.flightPort(), node.s3Port(), node.peerPort())));
            return writeNode(last + 1, new Ports(basePort, isHere(surroundings), taken));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path folder() {
        return folder;
    }

    public String name() {
        return name;
    }

    /** {@code host:port,…} for nodes and administration. */
    public String zookeeper() {
        return zookeepers.stream().map(LocalZooKeeper::address).collect(Collectors.joining(","));
    }

    /** In order of their numbers. */
    public List<LocalNode> nodes() {
        return List.copyOf(nodes.values());
    }

    /** Names of all processes: ZooKeepers first, then nodes. */
    public List<String> processes() {
        return Stream.concat(
                        zookeepers.stream().map(LocalZooKeeper::name),
                        nodes.values().stream().map(LocalNode::id))
                .toList();
    }

    public LocalNode node(String id) {
        return nodes.values().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow(() -> unknown(id));
    }

    private VarveException unknown(String process) {
        return new VarveException(ErrorCode.NOT_FOUND, "the cluster in %s has no %s".formatted(folder, process))
                .withHint("it has " + String.join(", ", processes()));
    }

    private LocalProcess process(String process) {
        return zookeepers.stream()
                .filter(one -> one.name().equals(process))
                .findFirst()
                .map(one -> new LocalProcess(one.name(), one.folder()))
                .orElseGet(() -> new LocalProcess(process, node(process).folder()));
    }

    public ProcessState state(String process) {
        return process(process).state();
    }

    public Optional<Long> pid(String process) {
        return process(process).pid();
    }

    public Path log(String process) {
        return process(process).log();
    }

    /** Starts what does not run, ZooKeepers first, and waits for nothing. */
    public void start() {
        processes().forEach(this::start);
    }

    /** Starts one, unless it runs or is paused. */
    public void start(String process) {
        List<String> command = new ArrayList<>(surroundings.prefix(process));
        command.addAll(zookeepers.stream()
                .filter(one -> one.name().equals(process))
                .findFirst()
                .map(one -> JavaCommand.small(ZOOKEEPER_HEAP, one.arguments(zookeepers)))
                .orElseGet(() -> JavaCommand.node(
                        heap,
                        DIRECT_MEMORY,
                        "server",
                        "--config",
                        node(process).config().toString())));
        process(process).start(command);
    }

    /** As kill -9 does. */
    public void kill(String process) {
        process(process).kill();
    }

    /** SIGSTOP: it keeps its connections and says nothing. */
    public void pause(String process) {
        process(process).pause();
    }

    public void resume(String process) {
        process(process).resume();
    }

    /** SIGTERM, also to one that is paused; false if it did not end in time and was killed. */
    public boolean stop(String process, Duration patience) {
        return process(process).stop(patience);
    }

    /** All nodes at once, then the ZooKeepers; returns the names of those that had to be killed. */
    public List<String> stop(Duration patience) {
        Map<String, Thread> stopping = new LinkedHashMap<>();
        List<String> killed = Collections.synchronizedList(new ArrayList<>());
        Consumer<String> stop =
                process -> stopping.put(process, Thread.ofVirtual().start(() -> {
                    if (!stop(process, patience)) {
                        killed.add(process);
                    }
                }));
        nodes.values().forEach(node -> stop.accept(node.id()));
        join(stopping);
        zookeepers.forEach(one -> stop.accept(one.name()));
        join(stopping);
        return killed;
    }

    private static void join(Map<String, Thread> threads) {
        try {
            for (Thread thread : threads.values()) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a node takes rows and queries. */
    public boolean isReady(String node) {
        return probe.isReady(node(node));
    }

    /**
     * Waits until all of these nodes take rows and queries. Fails at once when one of them has ended, with the end of its log.
     */
    public void awaitReady(List<String> ids, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        List<String> waiting = new ArrayList<>(ids);
        while (true) {
            waiting.removeIf(this::isReady);
            if (waiting.isEmpty()) {
                return;
            }
            // Of several ZooKeepers one may be missing.
            Stream<String> needed =
                    zookeepers.size() > 1 ? Stream.of() : zookeepers.stream().map(LocalZooKeeper::name);
            for (String process : Stream.concat(needed, waiting.stream()).toList()) {
                if (state(process) == ProcessState.DEAD) {
                    throw new VarveException(
                                    ErrorCode.NOT_READY,
                                    "%s ended by itself; its log ends with\n%s"
                                            .formatted(process, process(process).tail(LOG_LINES)))
                            .withHint("the whole log is in " + log(process));
                }
            }
            if (System.nanoTime() > end) {
                throw new VarveException(
                                ErrorCode.NOT_READY,
                                "%s not ready after %d s".formatted(String.join(", ", waiting), patience.toSeconds()))
                        .withHint("see what it logs in " + log(waiting.getFirst()));
            }
            sleep();
        }
    }

    /**
     * Waits until every group of chunks has all its replicas on nodes that are there, as some node sees it; nothing to wait
     * for when the nodes are no cluster.
     */
    public void awaitWhole(Duration patience) {
        await(
                patience,
                view -> view.path("groups").asInt() > 0 && view.path("missing").asInt() == 0);
    }

    /** Waits until every group of chunks can be written to: has two replicas on nodes that are there, or as many as it shall. */
    public void awaitWritable(Duration patience) {
        await(
                patience,
                view -> view.path("groups").asInt() > 0
                        && view.path("fewest").asInt()
                                >= Math.min(2, view.path("replicas").asInt()));
    }

    private void await(Duration patience, Predicate<JsonNode> goal) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Optional<JsonNode> seen = view();
            if (seen.isEmpty() || goal.test(seen.get())) {
                return;
            }
            if (System.nanoTime() > end) {
                throw new VarveException(
                                ErrorCode.NOT_READY,
                                "after %d s, %d replicas are still missing"
                                        .formatted(
                                                patience.toSeconds(),
                                                seen.get().path("missing").asInt()))
                        .withHint("varve cluster status shows where; what moves goes on");
            }
            sleep();
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "interrupted", e);
        }
    }

    /** What {@code GET /cluster} of the first node that answers says; empty when none does, or they are no cluster. */
    public Optional<JsonNode> view() {
        return nodes.values().stream()
                .filter(node -> state(node.id()) == ProcessState.RUNNING)
                .map(probe::cluster)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Empties the disk of a node that does not run, as if it were replaced. */
    public void wipe(String node) {
        if (state(node) == ProcessState.RUNNING || state(node) == ProcessState.PAUSED) {
            throw new VarveException(ErrorCode.CONFLICT, node + " runs").withHint("stop or kill it first");
        }
        Path data = node(node).data();
        if (!Files.exists(data)) {
            return;
        }
        try (Stream<Path> all = Files.walk(data)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes of the files under a node's data folder. */
    public long diskBytes(String node) {
        Path data = node(node).data();
        if (!Files.exists(data)) {
            return 0;
        }
        try (Stream<Path> all = Files.walk(data)) {
            return all.mapToLong(path -> {
                        try {
                            return Files.isRegularFile(path) ? Files.size(path) : 0;
                        } catch (IOException goneMeanwhile) {
                            return 0;
                        }
                    })
                    .sum();
        } catch (IOException | UncheckedIOException changing) {
            return 0;
        }
    }

    /** Takes a node that does not run out of the list; its folder is moved, not deleted. Returns where it is. */
    public Path forget(String node) {
        LocalNode found = node(node);
        if (state(node) == ProcessState.RUNNING || state(node) == ProcessState.PAUSED) {
            throw new VarveException(ErrorCode.CONFLICT, node + " runs").withHint("stop it first");
        }
        try {
            Path target = folder.resolve(REMOVED).resolve(node);
            Files.createDirectories(folder.resolve(REMOVED));
            Files.move(found.folder(), target);
            nodes.remove(found.number());
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves the processes as they are. */
    @Override
    public void close() {
        probe.close();
    }
}
