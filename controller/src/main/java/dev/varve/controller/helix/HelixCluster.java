package dev.varve.controller.helix;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.cluster.ReplicaState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.helix.AccessOption;
import org.apache.helix.BaseDataAccessor;
import org.apache.helix.ConfigAccessor;
import org.apache.helix.HelixAdmin;
import org.apache.helix.PropertyPathBuilder;
import org.apache.helix.manager.zk.ZKHelixAdmin;
import org.apache.helix.manager.zk.ZkBaseDataAccessor;
import org.apache.helix.model.HelixConfigScope;
import org.apache.helix.model.IdealState;
import org.apache.helix.model.IdealState.RebalanceMode;
import org.apache.helix.model.LeaderStandbySMD;
import org.apache.helix.model.StateModelDefinition;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's name and place in ZooKeeper, and what is kept there.
 *
 * @param zookeeper {@code host:port,…}
 */
public record HelixCluster(String zookeeper, String name) {
    static final String GROUPS = "groups";
    static final String STATES = "PlacementGroup";
    static final String LOGS = "logs";

    /** Creates what is missing; any number of nodes may do so at once, again, and after one that died in the middle. */
    public void create(int groups, int replicas, List<String> logs) {
        List<String> failed = new ArrayList<>();
        withData(data -> {
            for (String path : List.of(
                    PropertyPathBuilder.idealState(name),
                    PropertyPathBuilder.instanceConfig(name),
                    PropertyPathBuilder.resourceConfig(name),
                    PropertyPathBuilder.customizedStateConfig(name),
                    PropertyPathBuilder.propertyStore(name),
                    PropertyPathBuilder.liveInstance(name),
                    PropertyPathBuilder.instance(name),
                    PropertyPathBuilder.externalView(name),
                    PropertyPathBuilder.stateModelDef(name),
                    PropertyPathBuilder.controller(name),
                    PropertyPathBuilder.controllerMessage(name),
                    PropertyPathBuilder.controllerStatusUpdate(name),
                    PropertyPathBuilder.controllerError(name))) {
                create(data, path, null, failed);
            }
            create(data, PropertyPathBuilder.clusterConfig(name), new ZNRecord(name), failed);
            ZNRecord history = new ZNRecord("HISTORY");
            history.setListField(name, List.of());
            create(data, PropertyPathBuilder.controllerHistory(name), history, failed);
            create(data, PropertyPathBuilder.stateModelDef(name, STATES), states().getRecord(), failed);
            create(
                    data,
                    PropertyPathBuilder.stateModelDef(name, LeaderStandbySMD.name),
                    LeaderStandbySMD.build().getRecord(),
                    failed);
            create(data, PropertyPathBuilder.idealState(name, GROUPS), groups(groups, replicas), failed);
            create(data, PropertyPathBuilder.idealState(name, LOGS), logs(logs), failed);
        });
        if (!failed.isEmpty()) {
            throw unreachable(new IllegalStateException("cannot create " + failed));
        }
    }

    private static void create(
            BaseDataAccessor<ZNRecord> data, String path, @Nullable ZNRecord record, List<String> failed) {
        if (!data.exists(path, AccessOption.PERSISTENT)
                && !data.create(path, record, AccessOption.PERSISTENT)
                && !data.exists(path, AccessOption.PERSISTENT)) {
            failed.add(path);
        }
    }

    private static ZNRecord groups(int groups, int replicas) {
        IdealState nothing = new IdealState(GROUPS);
        nothing.setRebalanceMode(RebalanceMode.CUSTOMIZED);
        nothing.setStateModelDefRef(STATES);
        nothing.setNumPartitions(groups);
        nothing.setReplicas(Integer.toString(replicas));
        return nothing.getRecord();
    }

    /** Holds nothing but who shall lead, in its lists: there is no state that a node could be asked to take. */
    private static ZNRecord logs(List<String> logs) {
        IdealState nobody = new IdealState(LOGS);
        nobody.setRebalanceMode(RebalanceMode.CUSTOMIZED);
        nobody.setStateModelDefRef(LeaderStandbySMD.name);
        nobody.setNumPartitions(logs.size());
        nobody.setReplicas("1");
        logs.forEach(log -> nobody.setPreferenceList(partition(log), List.of()));
        return nobody.getRecord();
    }

    /** Merged by compare-and-set: a node and an operator may write at once. */
    void set(HelixConfigScope scope, Map<String, String> values) {
        try (Closing<ConfigAccessor> configs = new Closing<>(
                new ConfigAccessor.Builder().setZkAddress(zookeeper).build(), ConfigAccessor::close)) {
            configs.open().set(scope, values);
        } catch (RuntimeException failure) {
            throw unreachable(failure);
        }
    }

    static String partition(int group) {
        return GROUPS + "_" + group;
    }

    static int group(String partition) {
        return Integer.parseInt(partition.substring(GROUPS.length() + 1));
    }

    /** A log's name has one slash, which is none of ZooKeeper's. */
    static String partition(String log) {
        return log.replace('/', '_');
    }

    static String log(String partition) {
        return partition.replace('_', '/');
    }

    /** Who leads which log, as it is written in the lists. */
    static Map<String, String> leaders(ZNRecord logs) {
        Map<String, String> leaders = new TreeMap<>();
        logs.getListFields().forEach((partition, nodes) -> {
            if (!nodes.isEmpty()) {
                leaders.put(log(partition), nodes.getFirst());
            }
        });
        return leaders;
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

    interface Work<T> {
        void with(T open);
    }

    private record Closing<T>(T open, Work<T> end) implements AutoCloseable {
        @Override
        public void close() {
            end.with(open);
        }
    }

    void withData(Work<BaseDataAccessor<ZNRecord>> work) {
        try (Closing<ZkBaseDataAccessor<ZNRecord>> data = new Closing<>(
                new ZkBaseDataAccessor.Builder<ZNRecord>()
                        .setZkAddress(zookeeper)
                        .build(),
                ZkBaseDataAccessor::close)) {
            work.with(data.open());
        } catch (VarveException ours) {
            throw ours;
        } catch (RuntimeException failure) {
            throw unreachable(failure);
        }
    }

    void withAdmin(Work<HelixAdmin> work) {
        try (Closing<HelixAdmin> admin =
                new Closing<>(new ZKHelixAdmin.Builder().setZkAddress(zookeeper).build(), HelixAdmin::close)) {
            work.with(admin.open());
        } catch (VarveException ours) {
            throw ours;
        } catch (RuntimeException failure) {
            throw unreachable(failure);
        }
    }

    VarveException unreachable(Throwable failure) {
        return new VarveException(
                        ErrorCode.NOT_READY,
                        "cluster %s cannot be reached at ZooKeeper %s: %s"
                                .formatted(name, zookeeper, failure.getMessage()),
                        failure)
                .withHint("Check cluster.zookeeper and that ZooKeeper runs.");
    }
}
