package dev.varve.controller.helix;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.helix.HelixManager;
import org.apache.helix.NotificationContext;
import org.apache.helix.api.listeners.ExternalViewChangeListener;
import org.apache.helix.api.listeners.IdealStateChangeListener;
import org.apache.helix.api.listeners.InstanceConfigChangeListener;
import org.apache.helix.api.listeners.LiveInstanceChangeListener;
import org.apache.helix.model.ExternalView;
import org.apache.helix.model.IdealState;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.LiveInstance;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Helix tells of the cluster, put together.
 *
 * <p>Helix's threads only leave here what they were told; one thread of its own makes views of it, publishes those that
 * differ from the last, and calls the listeners, in order. ZooKeeper is never asked when somebody wants the view, and
 * while it cannot be reached the last view stays.
 */
final class HelixView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HelixView.class);

    private static final Duration LAST_CALL = Duration.ofSeconds(5);

    private volatile List<InstanceConfig> configs = List.of();
    private volatile Set<String> live = Set.of();
    private volatile @Nullable ExternalView groups;
    private volatile Map<String, String> leaders = Map.of();
    private volatile ClusterView view = ClusterView.EMPTY;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    private record Listener(Consumer<ClusterView> told, AtomicBoolean knowsSome) {}

    HelixView(String self) {
        thread = Thread.ofPlatform().daemon().name("varve-view " + self).start(this::loop);
    }

    void listen(HelixManager helix) throws Exception {
        helix.addInstanceConfigChangeListener((InstanceConfigChangeListener) (now, context) -> {
            if (isNews(context)) {
                configs = List.copyOf(now);
                wake.release();
            }
        });
        helix.addLiveInstanceChangeListener((LiveInstanceChangeListener) (now, context) -> {
            if (isNews(context)) {
                Set<String> ids = new HashSet<>();
                for (LiveInstance instance : now) {
                    ids.add(instance.getInstanceName());
                }
                live = ids;
                wake.release();
            }
        });
        helix.addExternalViewChangeListener((ExternalViewChangeListener) (now, context) -> {
            if (isNews(context)) {
                for (ExternalView resource : now) {
                    if (resource.getResourceName().equals(HelixCluster.GROUPS)) {
                        groups = resource;
                    }
                }
                wake.release();
            }
        });
        helix.addIdealStateChangeListener((IdealStateChangeListener) (now, context) -> {
            if (isNews(context)) {
                for (IdealState resource : now) {
                    if (resource.getResourceName().equals(HelixCluster.LOGS)) {
                        leaders = HelixCluster.leaders(resource.getRecord());
                    }
                }
                wake.release();
            }
        });
    }

    /** A handler that ends, with its session, is called once more with nothing. */
    private static boolean isNews(NotificationContext context) {
        return context.getType() != NotificationContext.Type.FINALIZE;
    }

    ClusterView view() {
        return view;
    }

    void onChange(Consumer<ClusterView> told) {
        listeners.add(new Listener(told, new AtomicBoolean()));
        wake.release();
    }

    private void loop() {
        while (true) {
            wake.acquireUninterruptibly();
            wake.drainPermits();
            if (closed) {
                return;
            }
            try {
                publish(current());
            } catch (RuntimeException failure) {
                LOG.error("what is written about the cluster makes no sense, the last view stays", failure);
            }
        }
    }

    private void publish(ClusterView next) {
        boolean isNew = !next.equals(view);
        view = next;
        for (Listener listener : listeners) {
            if (isNew || !listener.knowsSome().get()) {
                tell(listener, next);
            }
        }
    }

    private static void tell(Listener listener, ClusterView next) {
        listener.knowsSome().set(true);
        try {
            listener.told().accept(next);
        } catch (RuntimeException failure) {
            LOG.error("a listener to the cluster's view failed", failure);
        }
    }

    private ClusterView current() {
        Map<String, ClusterMember> members = new HashMap<>();
        Set<String> there = live;
        for (InstanceConfig config : configs) {
            HelixInstances.member(config, there.contains(config.getInstanceName()))
                    .ifPresent(member -> members.put(member.id(), member));
        }
        return new ClusterView(members, replicas(groups), leaders);
    }

    private static List<Map<String, ReplicaState>> replicas(@Nullable ExternalView groups) {
        List<Map<String, ReplicaState>> replicas = new ArrayList<>();
        if (groups != null) {
            groups.getRecord().getMapFields().forEach((partition, names) -> {
                int group = HelixCluster.group(partition);
                while (replicas.size() <= group) {
                    replicas.add(Map.of());
                }
                replicas.set(group, states(names));
            });
        }
        return replicas;
    }

    /** Replicas by node, without those that are dropped or whose change failed. */
    static Map<String, ReplicaState> states(@Nullable Map<String, String> names) {
        Map<String, ReplicaState> states = new TreeMap<>();
        if (names != null) {
            names.forEach((node, name) -> {
                if (!name.equals("ERROR") && !name.equals(ReplicaState.DROPPED.name())) {
                    states.put(node, ReplicaState.valueOf(name));
                }
            });
        }
        return states;
    }

    /** No listener is called any more when this returns, unless one takes for ever. */
    @Override
    public void close() {
        closed = true;
        wake.release();
        try {
            if (!thread.join(LAST_CALL)) {
                LOG.warn("a listener to the cluster's view does not return");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
