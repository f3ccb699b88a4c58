package dev.varve.controller.helix;

import dev.varve.controller.placement.ClusterNode;
import dev.varve.controller.placement.Presence;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.Role;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.helix.AccessOption;
import org.apache.helix.PropertyPathBuilder;
import org.apache.helix.model.HelixConfigScope.ConfigScopeProperty;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.ParticipantHistory;
import org.apache.helix.model.builder.HelixConfigScopeBuilder;

/** How nodes are written as Helix's instances: what a node says of itself, and what operators say of it. */
public record HelixInstances(HelixCluster cluster) {
    private static final String DRAIN = "varve.drain";
    private static final String DISK_BYTES = "varve.disk.bytes";
    private static final String FREE_BYTES = "varve.free.bytes";
    private static final String NUMBER = "varve.number";
    private static final String HOST = "varve.host";
    private static final String PEER_PORT = "varve.port.peer";
    private static final String HTTP_PORT = "varve.port.http";
    private static final String FLIGHT_PORT = "varve.port.flight";
    private static final String S3_PORT = "varve.port.s3";
    private static final String ROLES = "varve.roles";
    private static final String ZONE = "varve.zone";

    /** Says who the node is; to be repeated when its disk or a port changes. */
    void describe(ClusterMember self, long diskBytes, long freeBytes) {
        cluster.withAdmin(admin -> {
            if (!admin.getInstancesInCluster(cluster.name()).contains(self.id())) {
                InstanceConfig config = new InstanceConfig(self.id());
                // Helix compares these with null when a node joins.
                config.setHostName(self.id());
                config.setPort("");
                admin.addInstance(cluster.name(), config);
            }
            set(
                    self.id(),
                    Map.ofEntries(
                            Map.entry(ZONE, self.zone()),
                            Map.entry(DISK_BYTES, Long.toString(diskBytes)),
                            Map.entry(FREE_BYTES, Long.toString(freeBytes)),
                            Map.entry(NUMBER, Integer.toString(self.number())),
                            Map.entry(HOST, self.host()),
                            Map.entry(PEER_PORT, Integer.toString(self.peerPort())),
                            Map.entry(HTTP_PORT, Integer.toString(self.httpPort())),
                            Map.entry(FLIGHT_PORT, Integer.toString(self.flightPort())),
                            Map.entry(S3_PORT, Integer.toString(self.s3Port())),
                            Map.entry(
                                    ROLES,
                                    self.roles().stream()
                                            .map(Role::name)
                                            .sorted()
                                            .collect(Collectors.joining(",")))));
        });
    }

    /** Says of a node that is not there that it was there until now. */
    void restore(ClusterMember node, long diskBytes, long freeBytes) {
        describe(node, diskBytes, freeBytes);
        cluster.withData(data -> {
            ParticipantHistory history = new ParticipantHistory(node.id());
            history.reportOffline();
            String path = PropertyPathBuilder.instanceHistory(cluster.name(), node.id());
            if (!data.set(path, history.getRecord(), AccessOption.PERSISTENT)) {
                throw cluster.unreachable(new IllegalStateException("cannot write " + path));
            }
        });
    }

    /** Whether the node shall leave: its replicas go elsewhere, then it may be stopped. Those that drain already go on. */
    public void drain(String node, Wish wish) {
        set(node, Map.of(DRAIN, Boolean.toString(wish == Wish.LEAVE)));
    }

    /** What an operator wants of a node. */
    public enum Wish {
        STAY,
        LEAVE
    }

    /** A node that shall leave, or takes no part in logs, leads none. */
    static boolean mayLead(InstanceConfig config) {
        Set<Role> roles = roles(config);
        return !drains(config) && (roles.contains(Role.INGEST) || roles.contains(Role.STORE));
    }

    private void set(String node, Map<String, String> values) {
        cluster.set(
                new HelixConfigScopeBuilder(ConfigScopeProperty.PARTICIPANT)
                        .forCluster(cluster.name())
                        .forParticipant(node)
                        .build(),
                values);
    }

    static boolean drains(InstanceConfig config) {
        return config.getRecord().getBooleanField(DRAIN, false);
    }

    static Set<Role> roles(InstanceConfig config) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        String names = config.getRecord().getStringField(ROLES, "");
        Arrays.stream(names.split(",")).filter(name -> !name.isEmpty()).forEach(name -> roles.add(Role.valueOf(name)));
        return roles;
    }

    /** Empty while the node is only half described. */
    static Optional<ClusterMember> member(InstanceConfig config, boolean isLive) {
        int number = config.getRecord().getIntField(NUMBER, 0);
        return number == 0
                ? Optional.empty()
                : Optional.of(new ClusterMember(
                        config.getInstanceName(),
                        number,
                        zoneOf(config),
                        config.getRecord().getStringField(HOST, ""),
                        config.getRecord().getIntField(PEER_PORT, 0),
                        config.getRecord().getIntField(HTTP_PORT, 0),
                        config.getRecord().getIntField(FLIGHT_PORT, 0),
                        config.getRecord().getIntField(S3_PORT, 0),
                        roles(config),
                        isLive));
    }

    static ClusterNode node(InstanceConfig config, Presence presence) {
        return new ClusterNode(
                config.getInstanceName(),
                zoneOf(config),
                Math.max(1, config.getRecord().getLongField(DISK_BYTES, 1)),
                Math.max(0, config.getRecord().getLongField(FREE_BYTES, 0)),
                presence);
    }

    private static String zoneOf(InstanceConfig config) {
        return config.getRecord().getStringField(ZONE, "");
    }
}
