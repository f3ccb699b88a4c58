package dev.varve.controller.zookeeper;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.ServerConfig;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/**
 * A ZooKeeper that has its process to itself, alone or as a member of an ensemble. It asks nobody who they are, so it belongs
 * on a network that only nodes can reach.
 */
public final class ZooKeeperProcess implements AutoCloseable {
    /** Sessions may be as short as two of them. */
    private static final Duration TICK = Duration.ofMillis(500);

    private static final Duration SHORTEST_SESSION = Duration.ofSeconds(1);
    private static final Duration LONGEST_SESSION = Duration.ofMinutes(1);
    /** Ticks that a member may take to catch up with the leader when it joins, and to answer it afterwards. */
    private static final int JOIN_TICKS = 40;

    private static final int ANSWER_TICKS = 8;
    private static final int SNAPSHOTS_KEPT = 3;
    private static final int HOURS_BETWEEN_CLEANUPS = 1;

    private final DatadirCleanupManager cleanup;
    private final AutoCloseable server;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /**
     * Where it keeps its data and who it is.
     *
     * @param host address that clients are listened to on
     * @param id which of {@code members} it is; of no meaning without them
     * @param members all of the ensemble, or nobody when it is alone
     */
    public record Config(Path data, String host, int port, int id, List<EnsembleMember> members) {
        public Config {
            members = List.copyOf(members);
        }
    }

    /** Blocks as long as the server runs. */
    private interface Running {
        void run() throws IOException, AdminServerException;
    }

    private ZooKeeperProcess(DatadirCleanupManager cleanup, AutoCloseable server) {
        this.cleanup = cleanup;
        this.server = server;
    }

    /** Returns when it listens to clients; a member of an ensemble answers them once a majority is there. */
    public static ZooKeeperProcess start(Config config) {
        limit();
        QuorumPeerConfig parsed = parsed(config);
        DatadirCleanupManager cleanup = new DatadirCleanupManager(
                parsed.getDataDir(), parsed.getDataLogDir(), SNAPSHOTS_KEPT, HOURS_BETWEEN_CLEANUPS);
        CompletableFuture<Void> started = new CompletableFuture<>();
        ZooKeeperProcess process;
        Running running;
        if (parsed.isDistributed()) {
            QuorumPeerMain member = new QuorumPeerMain();
            process = new ZooKeeperProcess(cleanup, member::close);
            running = () -> {
                started.complete(null);
                member.runFromConfig(parsed);
            };
        } else {
            Alone alone = new Alone(started);
            process = new ZooKeeperProcess(cleanup, alone::close);
            ServerConfig simple = new ServerConfig();
            simple.readFrom(parsed);
            running = () -> alone.runFromConfig(simple);
        }
        cleanup.start();
        process.begin(running, started);
        try {
            started.get();
        } catch (InterruptedException e) {
            process.close();
            Thread.currentThread().interrupt();
            throw new VarveException(ErrorCode.CANCELLED, "interrupted while ZooKeeper started", e);
        } catch (ExecutionException e) {
            process.close();
            throw new VarveException(
                            ErrorCode.STORAGE,
                            "ZooKeeper cannot run at %s:%d with data in %s: %s"
                                    .formatted(config.host(), config.port(), config.data(), e.getCause()),
                            e)
                    .withHint("choose another port if something listens there, and a directory of its own");
        }
        return process;
    }

    private void begin(Running running, CompletableFuture<Void> started) {
        Thread.ofPlatform().name("varve-zookeeper").start(() -> {
            try {
                running.run();
                started.completeExceptionally(new IOException("it ended at once"));
                ended.complete(null);
            } catch (IOException | AdminServerException | RuntimeException e) {
                started.completeExceptionally(e);
                ended.completeExceptionally(e);
            }
        });
    }

    /** Completes when it does not run any more, exceptionally if it failed. */
    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    /** Set for the process; ZooKeeper reads them nowhere else. Each write is forced to disk, which is its own default. */
    private static void limit() {
        System.setProperty("zookeeper.admin.enableServer", "false");
        System.setProperty("zookeeper.4lw.commands.whitelist", "");
        System.setProperty("zookeeper.jmx.log4j.disable", "true");
    }

    private static QuorumPeerConfig parsed(Config config) {
        Properties properties = new Properties();
        properties.setProperty("dataDir", config.data().toAbsolutePath().toString());
        properties.setProperty("clientPort", Integer.toString(config.port()));
        properties.setProperty("clientPortAddress", config.host());
        properties.setProperty("tickTime", Long.toString(TICK.toMillis()));
        properties.setProperty("minSessionTimeout", Long.toString(SHORTEST_SESSION.toMillis()));
        properties.setProperty("maxSessionTimeout", Long.toString(LONGEST_SESSION.toMillis()));
        properties.setProperty("initLimit", Integer.toString(JOIN_TICKS));
        properties.setProperty("syncLimit", Integer.toString(ANSWER_TICKS));
        // All nodes of a test cluster come from one address.
        properties.setProperty("maxClientCnxns", "0");
        config.members().forEach(member -> properties.setProperty("server." + member.id(), member.text()));
        QuorumPeerConfig parsed = new QuorumPeerConfig();
        try {
            Files.createDirectories(config.data());
            if (!config.members().isEmpty()) {
                identify(config);
            }
            parsed.parseProperties(properties);
            return parsed;
        } catch (IOException | ConfigException | IllegalArgumentException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "ZooKeeper cannot be set up: " + e.getMessage(), e)
                    .withHint("check the directory, the port and the list of servers");
        }
    }

    /** A member's data belongs to its id for good. */
    private static void identify(Config config) throws IOException {
        if (config.members().stream().noneMatch(member -> member.id() == config.id())) {
            throw new IOException("server " + config.id() + " is not in the list of servers");
        }
        Path file = config.data().resolve("myid");
        String id = Integer.toString(config.id());
        if (!Files.exists(file)) {
            Files.writeString(file, id + "\n");
        } else if (!Files.readString(file).strip().equals(id)) {
            throw new IOException("the data in %s is of server %s, not of %s"
                    .formatted(config.data(), Files.readString(file).strip(), id));
        }
    }

    @Override
    public void close() {
        cleanup.shutdown();
        try {
            server.close();
        } catch (Exception e) {
            throw new IllegalStateException("ZooKeeper does not stop", e);
        }
    }

    /** Tells when it listens. */
    private static final class Alone extends ZooKeeperServerMain {
        private final CompletableFuture<Void> started;

        Alone(CompletableFuture<Void> started) {
            this.started = started;
        }

        @Override
        protected void serverStarted() {
            started.complete(null);
        }
    }
}
