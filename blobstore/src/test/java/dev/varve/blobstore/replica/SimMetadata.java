package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.testkit.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Rows that refer to chunks and a floor, in one order of changes that every node follows at its own pace. */
final class SimMetadata {
    private sealed interface Change {
        record Refer(ChunkFact chunk) implements Change {}

        record Forget(ChunkId id) implements Change {}

        record Raise(long floor) implements Change {}
    }

    /** What a node has applied. */
    static final class Replica {
        private final Set<ChunkId> wanted = new HashSet<>();
        private int position;
        private long floor;

        Set<ChunkId> wanted() {
            return wanted;
        }

        long floor() {
            return floor;
        }
    }

    private final Simulation simulation;
    private final boolean checksFloor;
    private final List<Change> changes = new ArrayList<>();
    private final Map<String, Replica> replicas = new HashMap<>();
    private final TreeMap<ChunkId, ChunkFact> wanted = new TreeMap<>();
    private long floor;
    private int underWay;
    private boolean isOver;

    SimMetadata(Simulation simulation, boolean checksFloor) {
        this.simulation = simulation;
        this.checksFloor = checksFloor;
    }

    void start() {
        if (!isOver) {
            simulation.after(simulation.upTo(Duration.ofSeconds(4)), () -> {
                changes.add(new Change.Raise(++floor));
                if (simulation.chance(0.4) && wanted.size() > 5) {
                    ChunkId id =
                            List.copyOf(wanted.keySet()).get(simulation.random().nextInt(wanted.size()));
                    wanted.remove(id);
                    changes.add(new Change.Forget(id));
                }
                start();
            });
        }
    }

    void stop() {
        isOver = true;
    }

    /** Chunks that a committed row refers to: those that must not get lost. */
    SortedMap<ChunkId, ChunkFact> wanted() {
        return wanted;
    }

    /** A write begins that may be committed within a second. */
    void beginWrite() {
        underWay++;
        simulation.after(Duration.ofSeconds(1), () -> underWay--);
    }

    /** Whether no write and no commit is on its way. */
    boolean isQuiet() {
        return underWay == 0;
    }

    Replica replica(String node) {
        return replicas.computeIfAbsent(node, any -> new Replica());
    }

    /** Whether a node's replica is being loaded, so that it must not be asked. */
    boolean isBehind(String node) {
        return simulation.chance(0.1);
    }

    /** The node applies some more. */
    void follow(String node) {
        Replica replica = replica(node);
        int to = replica.position + simulation.random().nextInt(changes.size() - replica.position + 1);
        for (; replica.position < to; replica.position++) {
            switch (changes.get(replica.position)) {
                case Change.Refer(ChunkFact chunk) -> replica.wanted.add(chunk.id());
                case Change.Forget(ChunkId id) -> replica.wanted.remove(id);
                case Change.Raise(long raised) -> replica.floor = raised;
            }
        }
    }

    /** The floor that a writer knows, and some more, since its write may last. */
    long birthFor(String node) {
        follow(node);
        return replica(node).floor + simulation.random().nextInt(3);
    }

    /** Refers to a chunk some time later, unless it was born too early. */
    void commit(String node, ChunkFact chunk) {
        underWay++;
        boolean isLate = simulation.chance(0.2);
        simulation.after(simulation.upTo(isLate ? Duration.ofSeconds(5) : Duration.ofMillis(20)), () -> {
            underWay--;
            if (chunk.birth() >= floor || !checksFloor) {
                wanted.put(chunk.id(), chunk);
                changes.add(new Change.Refer(chunk));
            }
        });
    }
}
