package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.model.cluster.ReplicaState;
import java.util.Map;
import org.apache.helix.ConfigAccessor;
import org.apache.helix.HelixAdmin;
import org.apache.helix.manager.zk.ZKHelixAdmin;
import org.apache.helix.model.HelixConfigScope.ConfigScopeProperty;
import org.apache.helix.model.IdealState;
import org.apache.helix.model.IdealState.RebalanceMode;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.StateModelDefinition;
import org.apache.helix.model.builder.HelixConfigScopeBuilder;

/**
 * A cluster's name and place in ZooKeeper, and what an operator changes there.
 *
 * @param zookeeper {@code host:port,…}
 */
public record HelixCluster(String zookeeper, String name) {
    static final String GROUPS = "groups";
    static final String STATES = "PlacementGroup";
    static final String DRAIN = "varve.drain";
    static final String DISK_BYTES = "varve.disk.bytes";
    static final String FREE_BYTES = "varve.free.bytes";
    private static final String ZONE = "zone";

    /** Creates what is missing; any number of nodes may do so at once and again. */
    public void create(int groups, int replicas) {
        withAdmin(admin -> {
            admin.addCluster(name, false);
            if (admin.getStateModelDef(name, STATES) == null) {
                admin.addStateModelDef(name, STATES, states());
            }
            if (admin.getResourceIdealState(name, GROUPS) == null) {
                IdealState nothing = new IdealState(GROUPS);
                nothing.setRebalanceMode(RebalanceMode.CUSTOMIZED);
                nothing.setStateModelDefRef(STATES);
                nothing.setNumPartitions(groups);
                nothing.setReplicas(Integer.toString(replicas));
                admin.addResource(name, GROUPS, nothing);
            }
        });
    }

    /** Says who the node is; to be repeated when its disk changes. */
    void describe(ClusterNode node) {
        withAdmin(admin -> {
            if (!admin.getInstancesInCluster(name).contains(node.id())) {
                InstanceConfig config = new InstanceConfig(node.id());
                // Helix compares these with null when a node joins.
                config.setHostName(node.id());
                config.setPort("");
                admin.addInstance(name, config);
            }
        });
        set(
                node.id(),
                Map.of(
                        "DOMAIN",
                        "%s=%s,instance=%s".formatted(ZONE, node.zone(), node.id()),
                        DISK_BYTES,
                        Long.toString(node.diskBytes()),
                        FREE_BYTES,
                        Long.toString(node.freeBytes())));
    }

    /** Asks a node to leave: its replicas go elsewhere, then it may be stopped. */
    public void drain(String node) {
        set(node, Map.of(DRAIN, "true"));
    }

    /** Merged by compare-and-set: a node and an operator may write at once. */
    private void set(String node, Map<String, String> values) {
        ConfigAccessor configs =
                new ConfigAccessor.Builder().setZkAddress(zookeeper).build();
        try {
            configs.set(
                    new HelixConfigScopeBuilder(ConfigScopeProperty.PARTICIPANT)
                            .forCluster(name)
                            .forParticipant(node)
                            .build(),
                    values);
        } finally {
            configs.close();
        }
    }

    static String zoneOf(InstanceConfig config) {
        return config.getDomainAsMap().getOrDefault(ZONE, "");
    }

    static String partition(int group) {
        return GROUPS + "_" + group;
    }

    static int group(String partition) {
        return Integer.parseInt(partition.substring(GROUPS.length() + 1));
    }

    /** From MEMBER nothing leads away but DRAINING, so that a replica dropped by mistake checks first, too. */
    private static StateModelDefinition states() {
        return new StateModelDefinition.Builder(STATES)
                .addState(ReplicaState.MEMBER.name(), 0)
                .addState(ReplicaState.BOOTSTRAP.name(), 1)
                .addState(ReplicaState.DRAINING.name(), 2)
                .addState(ReplicaState.OFFLINE.name(), 3)
                .addState(ReplicaState.DROPPED.name(), 4)
                .initialState(ReplicaState.OFFLINE.name())
                .addTransition(ReplicaState.OFFLINE.name(), ReplicaState.BOOTSTRAP.name())
                .addTransition(ReplicaState.BOOTSTRAP.name(), ReplicaState.MEMBER.name())
                .addTransition(ReplicaState.BOOTSTRAP.name(), ReplicaState.OFFLINE.name())
                .addTransition(ReplicaState.MEMBER.name(), ReplicaState.DRAINING.name())
                .addTransition(ReplicaState.DRAINING.name(), ReplicaState.OFFLINE.name())
                .addTransition(ReplicaState.OFFLINE.name(), ReplicaState.DROPPED.name())
                .build();
    }

    private interface Administration {
        void run(HelixAdmin admin);
    }

    private void withAdmin(Administration work) {
        HelixAdmin admin = new ZKHelixAdmin.Builder().setZkAddress(zookeeper).build();
        try {
            work.run(admin);
        } finally {
            admin.close();
        }
    }
}
