package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.LogLeaders;
import dev.varve.controller.placement.MoveLimits;
import dev.varve.controller.placement.MovePlan;
import dev.varve.controller.placement.Placement;
import dev.varve.controller.placement.PlacementRules;
import dev.varve.controller.placement.Presence;
import dev.varve.model.cluster.ReplicaState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** A new leader gives nobody up for so long. */
    private static final Duration RETURN_AFTER_RESTART = Duration.ofMinutes(2);

    private static final Duration LAST_ROUND = Duration.ofSeconds(2);

    private final Settings settings;
    private final InstantSource clock;
    private final HelixManager helix;
    private final HelixCluster cluster;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    /** Used by the thread alone; 0 while another one leads. */
    private long leadsSince;

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
        HelixConnection.disconnect(helix);
    }

    private void loop() {
        while (true) {
            try {
                wake.tryAcquire(settings.tick().toNanos(), TimeUnit.NANOSECONDS);
                wake.drainPermits();
                if (closed) {
                    return;
                }
                if (helix.isLeader()) {
                    leadsSince = leadsSince == 0 ? clock.millis() : leadsSince;
                    round();
                } else {
                    leadsSince = 0;
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
            write(data, key, ideal, stat.getVersion());
        }
    }

    private void place(HelixDataAccessor data) {
        @Nullable HelixState state = HelixState.read(data, this::isGivenUp).orElse(null);
        if (state == null) {
            return;
        }
        for (int group = 0; group < state.failed().size(); group++) {
            for (String node : state.failed().get(group)) {
                if (state.presence().get(node) != Presence.GONE) {
                    restart(node, HelixCluster.partition(group));
                }
            }
        }
        List<List<String>> target = target(state.nodes(), state.target());
        List<Map<String, ReplicaState>> next = MovePlan.next(
                target, state.asked(), state.observed(), state.presence(), settings.rules(), settings.limits());
        if (!next.equals(state.asked()) || !target.equals(state.target())) {
            write(data, data.keyBuilder().idealStates(HelixCluster.GROUPS), state.with(target, next), state.version());
        }
    }

    private static void write(HelixDataAccessor data, PropertyKey key, ZNRecord ideal, int version) {
        if (!data.getBaseDataAccessor().set(key.getPath(), ideal, version, AccessOption.PERSISTENT)) {
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

    /** When all nodes were stopped for a night, the first to come back would find all others long gone. */
    private boolean isGivenUp(String node, long lastSeenMillis) {
        long since = Math.max(lastSeenMillis, leadsSince - settings.delay().toMillis() + grace());
        return lastSeenMillis != ParticipantHistory.ONLINE
                && clock.millis() - since >= settings.delay().toMillis();
    }

    private long grace() {
        return Math.min(settings.delay().toMillis(), RETURN_AFTER_RESTART.toMillis());
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
