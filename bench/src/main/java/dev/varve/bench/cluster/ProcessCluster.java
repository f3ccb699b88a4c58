package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.bench.s3.S3Key;
import dev.varve.controller.ClusterAdmin;
import dev.varve.controller.ClusterStatus;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Nodes and ZooKeeper as processes of this machine: as root each in a network namespace and on a disk of its own, otherwise
 * on the loopback address and in folders.
 */
final class ProcessCluster implements Cluster {
    private static final String CLUSTER = "varve";
    private static final int HTTP_PORT = 8181;
    private static final int ZOOKEEPER_PORT = 2181;
    private static final Duration READY = Duration.ofMinutes(10);
    private static final int STOP_SECONDS = 60;

    private final Commandline commandline;
    private final Path folder;
    private final Optional<Namespaces> network;
    private final Optional<LoopDisks> disks;
    private final Optional<ShiftedClocks> clocks;
    private final boolean isAlone;
    private final Tuning tuning;
    private final Path secret;
    private final List<Member> members = new CopyOnWriteArrayList<>();
    private final Map<Integer, Process> processes = new HashMap<>();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();
    private final Thread hook = new Thread(this::killAll, "kill-nodes");
    private Optional<Process> zookeeper = Optional.empty();
    private String zookeeperHost = "127.0.0.1";
    private int zookeeperPort = ZOOKEEPER_PORT;
    private S3Key key = new S3Key("", "");
    private int lastNumber;
    private Optional<ClusterAdmin> admin = Optional.empty();

    /**
     * Starts all; returns when they serve.
     *
     * @param nodes 1 for a node that is alone, without ZooKeeper
     * @param tuning of all nodes
     * @param tools where tools are kept that are made here
     */
    ProcessCluster(Commandline commandline, Path folder, int nodes, Tuning tuning, Path tools) throws IOException {
        this.commandline = commandline;
        this.tuning = tuning;
        this.folder = Files.createDirectories(folder);
        this.isAlone = nodes == 1;
        this.network = without(Namespaces.missing()) ? Optional.of(new Namespaces()) : Optional.empty();
        this.disks =
                without(LoopDisks.missing()) ? Optional.of(new LoopDisks(folder.resolve("disks"))) : Optional.empty();
        this.clocks = ShiftedClocks.make(tools, folder);
        if (clocks.isEmpty()) {
            System.err.println("skipped: there is no C compiler, so no clock jumps");
        }
        this.secret = folder.resolve("secret");
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        Files.write(secret, random);
        Commands.run("chmod", "600", secret.toString());
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            if (!isAlone) {
                placeZookeeper();
                startZookeeper();
            }
            for (int i = 0; i < nodes; i++) {
                Member member = place();
                if (i == 0) {
                    key = newKey(member.data());
                }
                start(member);
            }
            for (Member member : members) {
                awaitReady(member);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Removes what an earlier run left in a folder. */
    static void clear(Path folder) throws IOException {
        LoopDisks.unmountAll(folder);
        Commands.run("rm", "-rf", folder.toString());
    }

    private static boolean without(String missing) {
        if (!missing.isEmpty()) {
            System.err.println("skipped: " + missing);
        }
        return missing.isEmpty();
    }

    private void placeZookeeper() throws IOException {
        if (network.isPresent()) {
            zookeeperHost = network.get().place(Network.ZOOKEEPER);
        } else {
            zookeeperPort = freePort();
        }
    }

    private Member place() throws IOException {
        int number = ++lastNumber;
        String host = "127.0.0.1";
        if (network.isPresent()) {
            host = network.get().place("node-" + number);
        }
        Path disk = disks.isPresent()
                ? disks.get().make("node-" + number)
                : Files.createDirectories(folder.resolve("node-" + number));
        Member member = new Member(
                number,
                host,
                network.isPresent() ? HTTP_PORT : freePort(),
                network.isPresent() ? HTTP_PORT + 2 : freePort(),
                Files.createDirectories(disk.resolve("data")));
        members.add(member);
        configure(member);
        return member;
    }

    private void configure(Member member) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("http.host", member.host());
        settings.put("s3.host", member.host());
        settings.put("flight.host", member.host());
        settings.put("http.port", Integer.toString(member.httpPort()));
        settings.put("s3.port", Integer.toString(member.s3Port()));
        settings.put("flight.port", "0");
        settings.putAll(tuning.settings());
        if (!isAlone) {
            settings.put("cluster.zookeeper", zookeeperHost + ":" + zookeeperPort);
            settings.put("cluster.node", member.name());
            settings.put("cluster.host", member.host());
            settings.put("cluster.peer-port", network.isPresent() ? "8184" : Integer.toString(freePort()));
            settings.put("cluster.secret-file", secret.toString());
        }
        List<String> lines = new ArrayList<>();
        settings.forEach((name, value) -> lines.add(name + " = " + value));
        Files.write(config(member), lines);
    }

    private Path config(Member member) {
        return folder.resolve(member.name() + ".conf");
    }

    private S3Key newKey(Path data) throws IOException {
        Process process = new ProcessBuilder(
                        commandline.of("admin", "key", "create", "--data", data.toString(), "--user", "faults"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<String, String> made = new HashMap<>();
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().forEach(line -> {
            String[] pair = line.split("=", 2);
            if (pair.length == 2) {
                made.put(pair[0].strip(), pair[1].strip());
            }
        });
        return new S3Key(made.getOrDefault("AWS_ACCESS_KEY_ID", ""), made.getOrDefault("AWS_SECRET_ACCESS_KEY", ""));
    }

    private Process run(String place, Map<String, String> environment, List<String> command) throws IOException {
        List<String> whole = new ArrayList<>();
        if (network.isPresent()) {
            whole.addAll(Namespaces.prefix(place));
        }
        whole.addAll(command);
        Path log = folder.resolve(place + ".log");
        Files.writeString(log, "--- started\n", UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        ProcessBuilder builder = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(tuning.environment());
        builder.environment().putAll(environment);
        return builder.start();
    }

    @Override
    public List<Member> members() {
        return List.copyOf(members);
    }

    @Override
    public S3Key key() {
        return key;
    }

    private Process process(Member member) throws IOException {
        Process process = processes.get(member.number());
        if (process == null) {
            throw new IOException(member.name() + " was never started");
        }
        return process;
    }

    private static void end(Process process) throws IOException {
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("process " + process.pid() + " did not end in " + STOP_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void signal(String name, Process process) throws IOException {
        if (process.isAlive()) {
            Commands.run("kill", "-" + name, Long.toString(process.pid()));
        }
    }

    @Override
    public void kill(Member member) throws IOException {
        signal("KILL", process(member));
        end(process(member));
    }

    @Override
    public void start(Member member) throws IOException {
        Process old = processes.get(member.number());
        if (old != null && old.isAlive()) {
            return;
        }
        Map<String, String> environment = clocks.isPresent() ? clocks.get().environment(member) : Map.of();
        List<String> command = commandline.of(
                "server",
                "--data",
                member.data().toString(),
                "--config",
                config(member).toString());
        processes.put(member.number(), run(member.name(), environment, command));
    }

    @Override
    public void stop(Member member) throws IOException {
        signal("CONT", process(member));
        signal("TERM", process(member));
        end(process(member));
    }

    @Override
    public void pause(Member member) throws IOException {
        signal("STOP", process(member));
    }

    @Override
    public void resume(Member member) throws IOException {
        signal("CONT", process(member));
    }

    @Override
    public void wipe(Member member) throws IOException {
        if (process(member).isAlive()) {
            throw new IOException(member.name() + " runs");
        }
        Commands.run("rm", "-rf", member.data().toString());
        Files.createDirectories(member.data());
    }

    @Override
    public void exchangeDisk(Member member, Member other) throws IOException {
        wipe(member);
        // Files come and go meanwhile.
        Commands.succeeds("cp", "-a", other.data() + "/.", member.data().toString());
    }

    @Override
    public boolean isRunning(Member member) {
        Process process = processes.get(member.number());
        return process != null && process.isAlive();
    }

    @Override
    public void killZookeeper() throws IOException {
        if (zookeeper.isPresent()) {
            signal("KILL", zookeeper.get());
            end(zookeeper.get());
        }
    }

    @Override
    public void startZookeeper() throws IOException {
        if (isAlone || zookeeper.filter(Process::isAlive).isPresent()) {
            return;
        }
        zookeeper = Optional.of(run(
                Network.ZOOKEEPER,
                Map.of(),
                commandline.of(
                        "zookeeper",
                        "--data",
                        folder.resolve("zookeeper").toString(),
                        "--host",
                        zookeeperHost,
                        "--port",
                        Integer.toString(zookeeperPort))));
    }

    /** Asks ZooKeeper itself, so that it works whatever nodes are there. */
    private synchronized Optional<ClusterStatus> status() {
        if (isAlone) {
            return Optional.empty();
        }
        try {
            return Optional.of(admin().status());
        } catch (RuntimeException e) {
            // ZooKeeper is being killed, or nobody has written anything yet.
            return Optional.empty();
        }
    }

    private ClusterAdmin admin() {
        ClusterAdmin known = admin.orElseGet(() -> ClusterAdmin.connect(zookeeperHost + ":" + zookeeperPort, CLUSTER));
        admin = Optional.of(known);
        return known;
    }

    @Override
    public Member add() throws IOException {
        Member member = place();
        start(member);
        awaitReady(member);
        return member;
    }

    @Override
    public void drain(Member member, Duration atMost) throws IOException {
        admin().drain(member.name());
        long deadline = System.nanoTime() + atMost.toNanos();
        while (holdsSomething(member)) {
            if (System.nanoTime() > deadline) {
                throw new IOException(member.name() + " is not drained after " + atMost.toSeconds() + " s: "
                        + unrest().orElse("nothing moves"));
            }
            sleep();
        }
        stop(member);
        members.remove(member);
    }

    @Override
    public void giveUp(Member member, Duration atMost) throws IOException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (true) {
            try {
                admin().removeByForce(member.name());
                break;
            } catch (VarveException e) {
                // As long as its session lasts it counts as being there.
                if (e.code() != ErrorCode.CONFLICT || System.nanoTime() > deadline) {
                    throw new IOException(member.name() + " cannot be given up", e);
                }
                sleep();
            }
        }
        members.remove(member);
    }

    private boolean holdsSomething(Member member) {
        return status().flatMap(status -> status.nodes().stream()
                        .filter(node -> node.member().id().equals(member.name()))
                        .findFirst())
                .map(node -> node.groups() > 0
                        || node.leads() > 0
                        || node.replicas().values().stream().anyMatch(count -> count > 0))
                .orElse(true);
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void awaitReady(Member member) throws IOException {
        long deadline = System.nanoTime() + READY.toNanos();
        while (!isReady(member)) {
            if (!process(member).isAlive()) {
                throw new IOException(member.name() + " ended; see " + folder.resolve(member.name() + ".log"));
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(member.name() + " is not ready after " + READY.toSeconds() + " s");
            }
            sleep();
        }
    }

    @Override
    public Optional<Member> leader() {
        return status().flatMap(status -> status.nodes().stream()
                .max(Comparator.comparingInt(ClusterStatus.NodeStatus::leads))
                .filter(node -> node.leads() > 0)
                .flatMap(node -> members.stream()
                        .filter(member -> member.name().equals(node.member().id()))
                        .findFirst()));
    }

    @Override
    public boolean isReady(Member member) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + member.address() + "/readyz"))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public Optional<String> unrest() {
        if (isAlone) {
            return Optional.empty();
        }
        return status().map(status -> {
                    String text = status.missing() + " replicas missing, "
                            + status.moves().size() + " moves";
                    return status.isSettled() ? "" : text;
                })
                .or(() -> Optional.of("ZooKeeper cannot be asked"))
                .filter(text -> !text.isEmpty());
    }

    @Override
    public Optional<Network> network() {
        return network.map(namespaces -> namespaces);
    }

    @Override
    public Optional<Disks> disks() {
        return disks.map(loops -> loops);
    }

    @Override
    public Optional<Clocks> clocks() {
        return clocks.map(shifted -> shifted);
    }

    @Override
    public Path folder() {
        return folder;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Nothing may be left behind when this process is told to end. */
    private void killAll() {
        processes.values().forEach(Process::destroyForcibly);
        zookeeper.ifPresent(Process::destroyForcibly);
    }

    /** Kills all: what was to be seen has been seen. */
    @Override
    public void close() throws IOException {
        admin.ifPresent(ClusterAdmin::close);
        admin = Optional.empty();
        killAll();
        for (Process process : processes.values()) {
            end(process);
        }
        if (zookeeper.isPresent()) {
            end(zookeeper.get());
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // It runs already.
            Thread.onSpinWait();
        }
        http.close();
        if (disks.isPresent()) {
            disks.get().close();
        }
        if (network.isPresent()) {
            network.get().close();
        }
    }
}
