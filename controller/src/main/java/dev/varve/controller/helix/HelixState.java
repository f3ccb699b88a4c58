package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.Presence;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.helix.AccessOption;
import org.apache.helix.HelixDataAccessor;
import org.apache.helix.PropertyKey;
import org.apache.helix.model.ExternalView;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.ParticipantHistory;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is written in ZooKeeper about the groups, read at once.
 *
 * @param ideal the record that holds {@code target} and {@code asked}
 * @param version at which that record may be replaced
 * @param configs by node
 * @param target of each group the nodes that shall hold it
 * @param asked of each group what is asked of nodes now
 * @param observed of each group what nodes say, without failed and dropped ones
 * @param failed of each group the nodes where a change failed
 */
record HelixState(
        ZNRecord ideal,
        int version,
        Map<String, InstanceConfig> configs,
        Map<String, Presence> presence,
        List<List<String>> target,
        List<Map<String, ReplicaState>> asked,
        List<Map<String, ReplicaState>> observed,
        List<Set<String>> failed) {
    /** Whether a node that was seen last at this time (or is being lost now: {@link ParticipantHistory#ONLINE}) is given up. */
    interface GivenUp {
        boolean isGivenUp(String node, long lastSeenMillis);
    }

    /** Empty when the cluster was never created. */
    static Optional<HelixState> read(HelixDataAccessor data, GivenUp givenUp) {
        PropertyKey.Builder keys = data.keyBuilder();
        Stat stat = new Stat();
        ZNRecord ideal = data.getBaseDataAccessor()
                .get(keys.idealStates(HelixCluster.GROUPS).getPath(), stat, AccessOption.PERSISTENT);
        if (ideal == null) {
            return Optional.empty();
        }
        Map<String, InstanceConfig> configs = data.getChildValuesMap(keys.instanceConfigs(), true);
        Set<String> live = Set.copyOf(data.getChildNames(keys.liveInstances()));
        Map<String, Presence> presence = new HashMap<>();
        configs.forEach((id, config) -> presence.put(id, presence(data, config, live.contains(id), givenUp)));
        int groups = ideal.getIntField("NUM_PARTITIONS", 0);
        @Nullable ExternalView view = data.getProperty(keys.externalView(HelixCluster.GROUPS));
        List<List<String>> target = new ArrayList<>(groups);
        List<Map<String, ReplicaState>> asked = new ArrayList<>(groups);
        List<Map<String, ReplicaState>> observed = new ArrayList<>(groups);
        List<Set<String>> failed = new ArrayList<>(groups);
        for (int group = 0; group < groups; group++) {
            String partition = HelixCluster.partition(group);
            target.add(Objects.requireNonNullElse(ideal.getListField(partition), List.of()));
            asked.add(HelixView.states(ideal.getMapField(partition)));
            @Nullable Map<String, String> names = view == null ? null : view.getStateMap(partition);
            observed.add(HelixView.states(names));
            Set<String> failing = new TreeSet<>();
            if (names != null) {
                names.forEach((node, state) -> {
                    if (state.equals("ERROR")) {
                        failing.add(node);
                    }
                });
            }
            failed.add(failing);
        }
        return Optional.of(
                new HelixState(ideal, stat.getVersion(), configs, presence, target, asked, observed, failed));
    }

    List<ClusterNode> nodes() {
        List<ClusterNode> nodes = new ArrayList<>();
        configs.forEach(
                (id, config) -> nodes.add(HelixInstances.node(config, Objects.requireNonNull(presence.get(id)))));
        return nodes;
    }

    /** The record with another placement, to be written in the place of this one. */
    ZNRecord with(List<List<String>> nextTarget, List<Map<String, ReplicaState>> nextAsked) {
        ZNRecord next = new ZNRecord(ideal);
        for (int group = 0; group < nextTarget.size(); group++) {
            next.setListField(HelixCluster.partition(group), nextTarget.get(group));
            Map<String, String> names = new TreeMap<>();
            nextAsked.get(group).forEach((node, state) -> names.put(node, state.name()));
            next.setMapField(HelixCluster.partition(group), names);
        }
        return next;
    }

    private static Presence presence(HelixDataAccessor data, InstanceConfig config, boolean isLive, GivenUp givenUp) {
        // A node that was told to store no more gives away what it has.
        boolean drains =
                HelixInstances.drains(config) || !HelixInstances.roles(config).contains(Role.STORE);
        if (isLive) {
            return drains ? Presence.DRAINING : Presence.LIVE;
        }
        String node = config.getInstanceName();
        @Nullable
        ParticipantHistory history = data.getProperty(data.keyBuilder().participantHistory(node));
        boolean isGone = drains || history == null || givenUp.isGivenUp(node, history.getLastOfflineTime());
        return isGone ? Presence.GONE : Presence.AWAY;
    }
}
