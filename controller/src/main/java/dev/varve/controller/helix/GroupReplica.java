package dev.varve.controller.helix;

import dev.varve.controller.placement.ReplicaChange;
import dev.varve.model.cluster.ReplicaState;
import org.apache.helix.NotificationContext;
import org.apache.helix.model.Message;
import org.apache.helix.participant.statemachine.StateModel;
import org.apache.helix.participant.statemachine.StateModelInfo;
import org.apache.helix.participant.statemachine.StateTransitionError;
import org.apache.helix.participant.statemachine.Transition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One replica of one group on this node; Helix calls the transitions by name, one at a time. */
@StateModelInfo(
        initialState = "OFFLINE",
        states = {"OFFLINE", "BOOTSTRAP", "MEMBER", "DRAINING", "DROPPED"})
public final class GroupReplica extends StateModel {
    private static final Logger LOG = LoggerFactory.getLogger(GroupReplica.class);

    private final int group;
    private final ReplicaChange change;

    GroupReplica(int group, ReplicaChange change) {
        this.group = group;
        this.change = change;
    }

    @Transition(from = "OFFLINE", to = "BOOTSTRAP")
    public void onBecomeBootstrapFromOffline(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.OFFLINE, ReplicaState.BOOTSTRAP);
    }

    @Transition(from = "BOOTSTRAP", to = "MEMBER")
    public void onBecomeMemberFromBootstrap(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.BOOTSTRAP, ReplicaState.MEMBER);
    }

    @Transition(from = "BOOTSTRAP", to = "OFFLINE")
    public void onBecomeOfflineFromBootstrap(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.BOOTSTRAP, ReplicaState.OFFLINE);
    }

    @Transition(from = "MEMBER", to = "DRAINING")
    public void onBecomeDrainingFromMember(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.MEMBER, ReplicaState.DRAINING);
    }

    @Transition(from = "DRAINING", to = "OFFLINE")
    public void onBecomeOfflineFromDraining(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.DRAINING, ReplicaState.OFFLINE);
    }

    @Transition(from = "OFFLINE", to = "DROPPED")
    public void onBecomeDroppedFromOffline(Message message, NotificationContext context) throws Exception {
        change.change(group, ReplicaState.OFFLINE, ReplicaState.DROPPED);
    }

    /** After a failed change the leader has the replica start again from here. */
    @Transition(from = "ERROR", to = "OFFLINE")
    public void onBecomeOfflineFromError(Message message, NotificationContext context) {
        LOG.info("replica starts again group={}", group);
    }

    @Override
    public void rollbackOnError(Message message, NotificationContext context, StateTransitionError error) {
        LOG.warn(
                "replica failed to change group={} from={} to={}",
                group,
                message.getFromState(),
                message.getToState(),
                error.getException());
    }
}
