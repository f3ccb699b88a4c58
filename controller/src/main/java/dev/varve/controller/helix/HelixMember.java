package dev.varve.controller.helix;

import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.helix.HelixManager;
import org.apache.helix.InstanceType;
import org.apache.helix.participant.statemachine.StateModelFactory;

/**
 * A node's membership in the cluster: as long as it is open and ZooKeeper hears of it, the node is there.
 *
 * <p>When ZooKeeper did not hear of the node for the session timeout, Helix joins again by itself and takes every replica for
 * OFFLINE without a word to the node; then it asks for BOOTSTRAP and MEMBER again, perhaps while a change of the old session
 * still runs. Changes of one group never run side by side, and none is interrupted: the thread may be writing files.
 */
public final class HelixMember implements AutoCloseable {
    private final HelixCluster cluster;
    private final HelixManager helix;
    private final HelixView view;
    private final ExecutorService workers;

    private HelixMember(HelixCluster cluster, HelixManager helix, HelixView view, ExecutorService workers) {
        this.cluster = cluster;
        this.helix = helix;
        this.view = view;
        this.workers = workers;
    }

    /** From now on the node is asked for changes, several groups at once. */
    public static HelixMember join(
            HelixCluster cluster,
            ClusterMember self,
            long diskBytes,
            long freeBytes,
            Duration sessionTimeout,
            ReplicaChange change) {
        new HelixInstances(cluster).describe(self, diskBytes, freeBytes);
        HelixManager helix = HelixConnection.prepare(cluster, self.id(), InstanceType.PARTICIPANT, sessionTimeout);
        ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
        ReplicaChange inTurn = inTurn(change);
        helix.getStateMachineEngine()
                .registerStateModelFactory(HelixCluster.STATES, new StateModelFactory<GroupReplica>() {
                    @Override
                    public GroupReplica createNewStateModel(String resource, String partition) {
                        return new GroupReplica(HelixCluster.group(partition), inTurn);
                    }

                    // Helix interrupts its own threads when a session ends.
                    @Override
                    public ExecutorService getExecutorService(String resource) {
                        return workers;
                    }
                });
        HelixView view = new HelixView(self.id());
        try {
            HelixConnection.connect(helix, cluster, () -> view.listen(helix));
        } catch (RuntimeException failure) {
            view.close();
            workers.close();
            throw failure;
        }
        return new HelixMember(cluster, helix, view, workers);
    }

    private static ReplicaChange inTurn(ReplicaChange change) {
        Map<Integer, ReentrantLock> turns = new ConcurrentHashMap<>();
        return (group, from, to) -> {
            ReentrantLock turn = turns.computeIfAbsent(group, any -> new ReentrantLock());
            turn.lock();
            try {
                change.change(group, from, to);
            } finally {
                turn.unlock();
            }
        };
    }

    /** The cluster as Helix told of it last. */
    public ClusterView view() {
        return view.view();
    }

    /** Calls with the view as it is, and with each one that follows, on one thread, which must not be held for long. */
    public void onChange(Consumer<ClusterView> told) {
        view.onChange(told);
    }

    /** Whether ZooKeeper heard of the node within the session timeout, as far as the node can tell. */
    public boolean isConnected() {
        return helix.isConnected();
    }

    /** Tells of a disk that fills or is emptied, or of another port. */
    public void describe(ClusterMember self, long diskBytes, long freeBytes) {
        new HelixInstances(cluster).describe(self, diskBytes, freeBytes);
    }

    /** Leaves; changes that run are not waited for. */
    @Override
    public void close() {
        HelixConnection.disconnect(helix);
        view.close();
        workers.shutdown();
    }
}
