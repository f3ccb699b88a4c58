package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.shared.LogChunks;
import dev.varve.blobstore.shared.LogNode;
import dev.varve.blobstore.shared.LogSettings;
import dev.varve.blobstore.shared.Pointer;
import dev.varve.blobstore.shared.ThreadLoop;
import dev.varve.blobstore.zookeeper.ZooKeeperRegister;
import dev.varve.blobstore.zookeeper.ZooKeeperSession;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Peers;
import dev.varve.model.host.Register;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;

/** The shared logs of a node: one thread that their protocol runs on, and one for each follower. Thread-safe. */
public final class SharedLogs implements AutoCloseable {
    /** Makes the register of a log, whose answers come as tasks of the loop. */
    public interface Registers extends BiFunction<String, EventLoop, Register<Pointer>> {}

    private final ThreadLoop loop = new ThreadLoop("varve-logs");
    private final ExecutorService waiting = Executors.newVirtualThreadPerTaskExecutor();
    private final Registers registers;
    private final LogNode node;
    private final LogSettings settings;
    private final Map<String, ReplicatedLog> logs = new ConcurrentHashMap<>();

    private SharedLogs(Peers peers, Chunks chunks, Registers registers, InstantSource clock, LogSettings settings) {
        this.registers = registers;
        this.settings = settings;
        // A number that no other process of this node has had, as sure as need be.
        long boot = ThreadLocalRandom.current().nextLong() & Long.MAX_VALUE;
        this.node = new LogNode(
                peers,
                boot,
                loop,
                new OnChunks(chunks, waiting),
                clock,
                RandomGenerator.of("L64X128MixRandom"),
                waiting,
                settings);
    }

    /**
     * Logs over chunks and registers.
     *
     * @param clock the time of day
     */
    public static SharedLogs open(Peers peers, Chunks chunks, Registers registers, InstantSource clock) {
        return new SharedLogs(peers, chunks, registers, clock, LogSettings.DEFAULT);
    }

    /**
     * Logs whose registers are in ZooKeeper.
     *
     * @param root above all that the cluster keeps there, such as {@code /varve}
     * @param clock the time of day
     */
    public static SharedLogs open(
            Peers peers, Chunks chunks, ZooKeeperSession session, String root, InstantSource clock) {
        Registers registers = (name, loop) -> new ZooKeeperRegister<>(
                session, StoreFacts.register(root, name), Pointer::encoded, Pointer::decoded, loop);
        return open(peers, chunks, registers, clock);
    }

    /**
     * Makes a log known to this node, again if it was closed; it begins when it is followed.
     *
     * @param number of the log, the same on all nodes, for the births of its chunks
     */
    public SharedLog open(String name, int number) {
        return logs.compute(name, (key, before) -> {
            if (before != null && !before.isClosed()) {
                throw new IllegalStateException("log " + name + " is open");
            }
            Register<Pointer> register = registers.apply(name, loop);
            return CompletableFuture.supplyAsync(
                            () -> new ReplicatedLog(
                                    node.open(name, number, register), number, loop, settings.queueBytes()),
                            loop)
                    .join();
        });
    }

    /** Closes all logs; another node may lead them at once. */
    @Override
    public void close() {
        logs.values().parallelStream().forEach(ReplicatedLog::close);
        logs.clear();
        waiting.close();
        loop.close();
    }

    /** Chunks of any kind, whose reading waits. */
    private record OnChunks(Chunks chunks, ExecutorService waiting) implements LogChunks {
        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // what is composed is returned
        public CompletableFuture<ChunkRef> write(ByteBuffer payload, long birth) {
            return CompletableFuture.supplyAsync(() -> chunks.append(payload, birth), waiting)
                    .thenCompose(written -> written);
        }

        @Override
        public CompletableFuture<ByteBuffer> read(ChunkRef ref) {
            return CompletableFuture.supplyAsync(
                    () -> {
                        ByteBuffer bytes = ByteBuffer.allocate((int) ref.length());
                        chunks.read(ref, 0, bytes);
                        return bytes.flip();
                    },
                    waiting);
        }
    }
}
