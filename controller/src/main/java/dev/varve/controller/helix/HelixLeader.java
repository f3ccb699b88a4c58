package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.LogLeaders;
import dev.varve.controller.placement.MoveLimits;
import dev.varve.controller.placement.MovePlan;
import dev.varve.controller.placement.Placement;
import dev.varve.controller.placement.PlacementRules;
import dev.varve.controller.placement.Presence;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.helix.AccessOption;
import org.apache.helix.HelixDataAccessor;
import org.apache.helix.HelixException;
import org.apache.helix.HelixManager;
import org.apache.helix.InstanceType;
import org.apache.helix.PropertyKey;
import org.apache.helix.api.listeners.ExternalViewChangeListener;
import org.apache.helix.api.listeners.InstanceConfigChangeListener;
import org.apache.helix.api.listeners.LiveInstanceChangeListener;
import org.apache.helix.model.ExternalView;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.LiveInstance;
import org.apache.helix.model.ParticipantHistory;
import org.apache.helix.zookeeper.datamodel.ZNRecord;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A candidate for the leadership of the cluster; the one that has it places replicas and orders their moves.
 *
 * <p>One thread looks again whenever something changed, and at every tick. A round reads everything from ZooKeeper, asks
 * {@link Placement} and {@link MovePlan}, and replaces the ideal state by compare-and-set: the lists in it are the
 * placement, the maps what is asked of each node now. Nothing else is remembered, so a successor goes on where this one
 * stopped, and of two that both believe to lead, the slower one's write fails.
 */
public final class HelixLeader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HelixLeader.class);

    private static final Duration LAST_ROUND = Duration.ofSeconds(2);

    private final Settings settings;
    private final InstantSource clock;
    private final HelixManager helix;
    private final HelixCluster cluster;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /**
     * How the leader behaves.
     *
     * @param delay after which a node that was not seen is given up
     * @param settle for how long a node must be there to be given logs that another one leads
     * @param tick how often to look without being told of a change
     */
    public record Settings(
            PlacementRules rules,
            MoveLimits limits,
            Duration delay,
            Duration settle,
            Duration tick,
            Duration sessionTimeout) {}

    private HelixLeader(HelixCluster cluster, HelixManager helix, Settings settings, InstantSource clock) {
        this.cluster = cluster;
        this.helix = helix;
        this.settings = settings;
        this.clock = clock;
        thread = Thread.ofVirtual().name("placement " + helix.getInstanceName()).unstarted(this::loop);
    }

    public static HelixLeader start(HelixCluster cluster, String name, Settings settings, InstantSource clock) {
        HelixManager helix = HelixConnection.prepare(cluster, name, InstanceType.CONTROLLER, settings.sessionTimeout());
        HelixLeader leader = new HelixLeader(cluster, helix, settings, clock);
        HelixConnection.connect(helix, cluster, leader::listen);
        leader.thread.start();
        return leader;
    }

    private void listen() throws Exception {
        helix.addLiveInstanceChangeListener((LiveInstanceChangeListener) (nodes, context) -> wake.release());
        helix.addInstanceConfigChangeListener((InstanceConfigChangeListener) (configs, context) -> wake.release());
        helix.addExternalViewChangeListener((ExternalViewChangeListener) (views, context) -> wake.release());
    }

    public boolean isLeading() {
        return helix.isLeader();
    }

    /** Gives the leadership up; moves that were asked for go on. */
    @Override
    public void close() {
        closed = true;
        wake.release();
        try {
            if (!thread.join(LAST_ROUND)) {
                // ZooKeeper does not answer, and Helix would wait for it for ever.
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        helix.disconnect();
    }

    private void loop() {
        while (!closed) {
            try {
                wake.tryAcquire(settings.tick().toNanos(), TimeUnit.NANOSECONDS);
                wake.drainPermits();
                if (!closed && helix.isLeader()) {
                    round();
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException failure) {
                LOG.warn("placement failed, tries again", failure);
            }
        }
    }

    private void round() {
        HelixDataAccessor data = helix.getHelixDataAccessor();
        lead(data);
        place(data);
    }

    /** Says who shall lead the logs. */
    private void lead(HelixDataAccessor data) {
        PropertyKey key = data.keyBuilder().idealStates(HelixCluster.LOGS);
        Stat stat = new Stat();
        ZNRecord ideal = data.getBaseDataAccessor().get(key.getPath(), stat, AccessOption.PERSISTENT);
        if (ideal == null) {
            return;
        }
        Map<String, InstanceConfig> configs =
                data.getChildValuesMap(data.keyBuilder().instanceConfigs(), true);
        List<LiveInstance> live = data.getChildValues(data.keyBuilder().liveInstances(), true);
        Set<String> nodes = new HashSet<>();
        Set<String> settled = new HashSet<>();
        for (LiveInstance instance : live) {
            InstanceConfig config = configs.get(instance.getInstanceName());
            if (config != null && HelixInstances.mayLead(config)) {
                nodes.add(config.getInstanceName());
                long since = instance.getStat().getCreationTime();
                if (clock.millis() - since >= settings.settle().toMillis()) {
                    settled.add(config.getInstanceName());
                }
            }
        }
        List<String> logs =
                ideal.getListFields().keySet().stream().map(HelixCluster::log).toList();
        Map<String, String> previous = HelixCluster.leaders(ideal);
        Map<String, String> next = LogLeaders.of(logs, nodes, settled, previous);
        if (!next.equals(previous)) {
            for (String log : logs) {
                String leader = next.get(log);
                ideal.setListField(HelixCluster.partition(log), leader == null ? List.of() : List.of(leader));
            }
            write(data, key, ideal, stat);
        }
    }

    private void place(HelixDataAccessor data) {
        PropertyKey key = data.keyBuilder().idealStates(HelixCluster.GROUPS);
        Stat stat = new Stat();
        ZNRecord ideal = data.getBaseDataAccessor().get(key.getPath(), stat, AccessOption.PERSISTENT);
        if (ideal == null) {
            return;
        }
        List<ClusterNode> nodes = nodes(data);
        int groups = ideal.getIntField("NUM_PARTITIONS", 0);
        List<List<String>> previous = new ArrayList<>(groups);
        List<Map<String, ReplicaState>> asked = new ArrayList<>(groups);
        for (int group = 0; group < groups; group++) {
            previous.add(Objects.requireNonNullElse(ideal.getListField(HelixCluster.partition(group)), List.of()));
            asked.add(HelixView.states(ideal.getMapField(HelixCluster.partition(group))));
        }
        List<List<String>> target = target(nodes, previous);
        Map<String, Presence> presence = new HashMap<>();
        nodes.forEach(node -> presence.put(node.id(), node.presence()));
        List<Map<String, ReplicaState>> observed = observed(data, groups, presence);
        List<Map<String, ReplicaState>> next =
                MovePlan.next(target, asked, observed, presence, settings.rules(), settings.limits());
        if (!next.equals(asked) || !target.equals(previous)) {
            for (int group = 0; group < groups; group++) {
                ideal.setListField(HelixCluster.partition(group), target.get(group));
                Map<String, String> names = new TreeMap<>();
                next.get(group).forEach((node, state) -> names.put(node, state.name()));
                ideal.setMapField(HelixCluster.partition(group), names);
            }
            write(data, key, ideal, stat);
        }
    }

    private static void write(HelixDataAccessor data, PropertyKey key, ZNRecord ideal, Stat stat) {
        if (!data.getBaseDataAccessor().set(key.getPath(), ideal, stat.getVersion(), AccessOption.PERSISTENT)) {
            LOG.info("{} were changed by another leader meanwhile, looks again", ideal.getId());
        }
    }

    /** Until there are nodes for all replicas nothing is placed for the first time, or all would lie on the first. */
    private List<List<String>> target(List<ClusterNode> nodes, List<List<String>> previous) {
        long live =
                nodes.stream().filter(node -> node.presence() == Presence.LIVE).count();
        boolean isFirst = previous.stream().allMatch(List::isEmpty);
        if (isFirst && live < settings.rules().replicas()) {
            return previous;
        }
        return Placement.of(nodes, previous, settings.rules());
    }

    private List<ClusterNode> nodes(HelixDataAccessor data) {
        PropertyKey.Builder keys = data.keyBuilder();
        Set<String> live = Set.copyOf(data.getChildNames(keys.liveInstances()));
        Map<String, InstanceConfig> configs = data.getChildValuesMap(keys.instanceConfigs(), true);
        List<ClusterNode> nodes = new ArrayList<>();
        configs.forEach(
                (id, config) -> nodes.add(HelixInstances.node(config, presence(data, id, config, live.contains(id)))));
        return nodes;
    }

    private Presence presence(HelixDataAccessor data, String id, InstanceConfig config, boolean isLive) {
        // A node that was told to store no more gives away what it has.
        boolean drains =
                HelixInstances.drains(config) || !HelixInstances.roles(config).contains(Role.STORE);
        if (isLive) {
            return drains ? Presence.DRAINING : Presence.LIVE;
        }
        @Nullable
        ParticipantHistory history = data.getProperty(data.keyBuilder().participantHistory(id));
        if (history == null || drains) {
            return Presence.GONE;
        }
        long since = history.getLastOfflineTime();
        boolean isRecent = since == ParticipantHistory.ONLINE
                || clock.millis() - since < settings.delay().toMillis();
        return isRecent ? Presence.AWAY : Presence.GONE;
    }

    private List<Map<String, ReplicaState>> observed(
            HelixDataAccessor data, int groups, Map<String, Presence> presence) {
        @Nullable ExternalView view = data.getProperty(data.keyBuilder().externalView(HelixCluster.GROUPS));
        List<Map<String, ReplicaState>> observed = new ArrayList<>(groups);
        for (int group = 0; group < groups; group++) {
            String partition = HelixCluster.partition(group);
            @Nullable Map<String, String> names = view == null ? null : view.getStateMap(partition);
            observed.add(HelixView.states(names));
            if (names != null) {
                names.forEach((node, state) -> {
                    if (state.equals("ERROR") && presence.get(node) != Presence.GONE) {
                        restart(node, partition);
                    }
                });
            }
        }
        return observed;
    }

    /** Has a replica whose change failed begin again from OFFLINE. */
    private void restart(String node, String partition) {
        try {
            helix.getClusterManagmentTool()
                    .resetPartition(cluster.name(), node, HelixCluster.GROUPS, List.of(partition));
        } catch (HelixException notNow) {
            LOG.debug("replica cannot start again yet node={} partition={}", node, partition, notNow);
        }
    }
}
