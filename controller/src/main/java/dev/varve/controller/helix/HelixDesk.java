package dev.varve.controller.helix;

import dev.varve.controller.placement.Move;
import dev.varve.controller.placement.Presence;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ReplicaState;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.helix.AccessOption;
import org.apache.helix.HelixDataAccessor;
import org.apache.helix.manager.zk.ZKHelixDataAccessor;
import org.apache.helix.manager.zk.ZkBaseDataAccessor;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.LiveInstance;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.jspecify.annotations.Nullable;

/** Where operators read what is written about a cluster, and say what shall become of its nodes; thread-safe. */
public final class HelixDesk implements AutoCloseable {
    private final HelixCluster cluster;
    private final ZkBaseDataAccessor<ZNRecord> records;
    private final HelixDataAccessor data;

    /**
     * What is written of a cluster.
     *
     * @param nodes by id
     * @param target of each group the nodes that shall hold it
     * @param replicas how many each group shall have
     */
    public record Written(
            @Nullable String controller,
            Map<String, Node> nodes,
            List<List<String>> target,
            List<Map<String, ReplicaState>> observed,
            List<Move> moves,
            int replicas,
            Map<String, String> leaders) {}

    /**
     * What is written of a node.
     *
     * @param replicas how many it has in each state
     * @param groups how many it shall hold
     */
    public record Node(
            ClusterMember member,
            Presence presence,
            long diskBytes,
            long freeBytes,
            Map<ReplicaState, Integer> replicas,
            int groups) {}

    private HelixDesk(HelixCluster cluster, ZkBaseDataAccessor<ZNRecord> records) {
        this.cluster = cluster;
        this.records = records;
        data = new ZKHelixDataAccessor(cluster.name(), records);
    }

    public static HelixDesk open(HelixCluster cluster) {
        try {
            return new HelixDesk(
                    cluster,
                    new ZkBaseDataAccessor.Builder<ZNRecord>()
                            .setZkAddress(cluster.zookeeper())
                            .build());
        } catch (RuntimeException failure) {
            throw cluster.unreachable(failure);
        }
    }

    /** Everything, read now. */
    public Written read() {
        HelixState state = state();
        Map<String, Map<ReplicaState, Integer>> counts = new TreeMap<>();
        state.observed()
                .forEach(group -> group.forEach(
                        (node, is) -> counts.computeIfAbsent(node, any -> new EnumMap<>(ReplicaState.class))
                                .merge(is, 1, Integer::sum)));
        Map<String, Node> nodes = new LinkedHashMap<>();
        for (InstanceConfig config : new TreeMap<>(state.configs()).values()) {
            String id = config.getInstanceName();
            Presence presence = state.presence().getOrDefault(id, Presence.GONE);
            boolean isLive = presence == Presence.LIVE || presence == Presence.DRAINING;
            var described = HelixInstances.node(config, presence);
            HelixInstances.member(config, isLive)
                    .ifPresent(member -> nodes.put(
                            id,
                            new Node(
                                    member,
                                    presence,
                                    described.diskBytes(),
                                    described.freeBytes(),
                                    counts.getOrDefault(id, Map.of()),
                                    holds(state, id))));
        }
        @Nullable LiveInstance controller = data.getProperty(data.keyBuilder().controllerLeader());
        @Nullable
        ZNRecord logs =
                records.get(data.keyBuilder().idealStates(HelixCluster.LOGS).getPath(), null, AccessOption.PERSISTENT);
        return new Written(
                controller == null ? null : controller.getInstanceName(),
                nodes,
                state.target(),
                state.observed(),
                Move.of(state.target(), state.asked(), state.observed(), state.failed(), state.presence()),
                state.ideal().getIntField("REPLICAS", 0),
                logs == null ? Map.of() : HelixCluster.leaders(logs));
    }

    private static int holds(HelixState state, String node) {
        return (int)
                state.target().stream().filter(group -> group.contains(node)).count();
    }

    /** Whether a lost node is given up is for the leader to say; here it is what it has still a place for. */
    private HelixState state() {
        try {
            return HelixState.read(data, (node, lastSeen) -> isPlacedNowhere(node))
                    .orElseThrow(() -> new VarveException(
                                    ErrorCode.NOT_FOUND,
                                    "there is no cluster %s at ZooKeeper %s"
                                            .formatted(cluster.name(), cluster.zookeeper()))
                            .withHint("Check cluster.name; the first node that starts creates the cluster."));
        } catch (VarveException ours) {
            throw ours;
        } catch (RuntimeException failure) {
            throw cluster.unreachable(failure);
        }
    }

    private boolean isPlacedNowhere(String node) {
        @Nullable
        ZNRecord ideal = records.get(
                data.keyBuilder().idealStates(HelixCluster.GROUPS).getPath(), null, AccessOption.PERSISTENT);
        return ideal == null || ideal.getListFields().values().stream().noneMatch(group -> group.contains(node));
    }

    /** Whether the node shall leave; what drains already goes on. */
    public void drain(String node, HelixInstances.Wish wish) {
        known(state(), node);
        new HelixInstances(cluster).drain(node, wish);
    }

    /** Forgets a node that is not there; its number is never given to another. */
    public void remove(String node) {
        InstanceConfig config = known(state(), node);
        cluster.withAdmin(admin -> admin.dropInstance(cluster.name(), config));
    }

    private static InstanceConfig known(HelixState state, String node) {
        @Nullable InstanceConfig config = state.configs().get(node);
        if (config == null) {
            throw new VarveException(ErrorCode.NOT_FOUND, "the cluster has no node " + node)
                    .withHint("It has " + String.join(", ", new TreeMap<>(state.configs()).keySet()) + ".");
        }
        return config;
    }

    @Override
    public void close() {
        records.close();
    }
}
