package dev.varve.controller;

import dev.varve.controller.helix.HelixCluster;
import dev.varve.controller.helix.HelixLeader;
import dev.varve.controller.helix.HelixMember;
import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.Role;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A node's place in its cluster: it is seen by the others as long as this is open, is given replicas, sees the others, and, if
 * that is among its roles, is a candidate for leading the controller.
 *
 * <p>The view is a hint that may be late, and after a loss of ZooKeeper it is the last one. When ZooKeeper did not hear of the
 * node for the session timeout, every replica is OFFLINE in all eyes without a call to the node, which is then asked to go
 * through BOOTSTRAP and MEMBER again; a replica that the node has and the placement does not name any more (it drained, or
 * was given up) is not spoken of again at all. So a node acts on its own durable marks and takes what is asked as a wish.
 */
public final class Membership implements AutoCloseable, Supplier<ClusterView> {
    private static final Duration TICK = Duration.ofSeconds(1);

    private final HelixMember member;
    private final @Nullable HelixLeader candidate;

    private Membership(HelixMember member, @Nullable HelixLeader candidate) {
        this.member = member;
        this.candidate = candidate;
    }

    /**
     * Joins; from now on replicas may be asked to change, even before this returns.
     *
     * @param self as others shall see the node; its number is that of its {@link Enrolment}
     */
    public static Membership join(
            ClusterSettings settings, ClusterMember self, long diskBytes, long freeBytes, ReplicaChange change) {
        HelixCluster cluster = new HelixCluster(settings.zookeeper(), settings.name());
        HelixMember member = HelixMember.join(cluster, self, diskBytes, freeBytes, settings.sessionTimeout(), change);
        if (!self.roles().contains(Role.CONTROLLER)) {
            return new Membership(member, null);
        }
        try {
            HelixLeader candidate = HelixLeader.start(
                    cluster,
                    self.id(),
                    new HelixLeader.Settings(
                            settings.rules(),
                            settings.moves(),
                            settings.giveUpAfter(),
                            settings.settleAfter(),
                            TICK,
                            settings.sessionTimeout()),
                    InstantSource.system());
            return new Membership(member, candidate);
        } catch (RuntimeException failure) {
            member.close();
            throw failure;
        }
    }

    /** The cluster as it was a moment ago; costs nothing. */
    @Override
    public ClusterView get() {
        return member.view();
    }

    /** Calls with the view as it is, and with each one that follows, on one thread, which must not be held for long. */
    public void onChange(Consumer<ClusterView> told) {
        member.onChange(told);
    }

    /** Tells the others of a disk that fills, or of another port; asks ZooKeeper. */
    public void describe(ClusterMember self, long diskBytes, long freeBytes) {
        member.describe(self, diskBytes, freeBytes);
    }

    /** Whether ZooKeeper hears of the node, as far as it can tell. */
    public boolean isConnected() {
        return member.isConnected();
    }

    /** Whether this node leads the controller; two may believe it for a moment. */
    public boolean isLeading() {
        return candidate != null && candidate.isLeading();
    }

    /** Leaves: the others see it at once. Changes of replicas that run are not waited for. */
    @Override
    public void close() {
        if (candidate != null) {
            candidate.close();
        }
        member.close();
    }
}
