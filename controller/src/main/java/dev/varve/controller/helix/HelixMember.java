package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import org.apache.helix.HelixManager;
import org.apache.helix.HelixManagerFactory;
import org.apache.helix.InstanceType;
import org.apache.helix.participant.statemachine.StateModelFactory;

/** A node's membership in the cluster: as long as it is open and ZooKeeper hears of it, the node is there. */
public final class HelixMember implements AutoCloseable {
    private final HelixCluster cluster;
    private final HelixManager helix;

    private HelixMember(HelixCluster cluster, HelixManager helix) {
        this.cluster = cluster;
        this.helix = helix;
    }

    /** From now on the node is asked for changes, on threads of Helix, several groups at once. */
    public static HelixMember join(HelixCluster cluster, ClusterNode self, ReplicaChange change) {
        cluster.describe(self);
        HelixManager helix = HelixManagerFactory.getZKHelixManager(
                cluster.name(), self.id(), InstanceType.PARTICIPANT, cluster.zookeeper());
        helix.getStateMachineEngine()
                .registerStateModelFactory(HelixCluster.STATES, new StateModelFactory<GroupReplica>() {
                    @Override
                    public GroupReplica createNewStateModel(String resource, String partition) {
                        return new GroupReplica(HelixCluster.group(partition), change);
                    }
                });
        connect(helix, cluster, () -> {});
        return new HelixMember(cluster, helix);
    }

    /** Tells of a disk that fills or is emptied. */
    public void describe(ClusterNode self) {
        cluster.describe(self);
    }

    @Override
    public void close() {
        helix.disconnect();
    }

    interface Listening {
        void begin() throws Exception;
    }

    static void connect(HelixManager helix, HelixCluster cluster, Listening listening) {
        try {
            helix.connect();
            listening.begin();
        } catch (Exception failure) {
            helix.disconnect();
            if (failure instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new VarveException(
                            ErrorCode.NOT_READY,
                            "cluster %s cannot be reached at ZooKeeper %s"
                                    .formatted(cluster.name(), cluster.zookeeper()),
                            failure)
                    .withHint("Check cluster.zookeeper and that ZooKeeper runs.");
        }
    }
}
