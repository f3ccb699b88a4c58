package dev.varve.controller.helix;

import java.time.Duration;
import org.apache.helix.HelixManager;
import org.apache.helix.HelixManagerFactory;
import org.apache.helix.InstanceType;
import org.apache.helix.SystemPropertyKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session of one kind with the cluster. */
final class HelixConnection {
    private static final Logger LOG = LoggerFactory.getLogger(HelixConnection.class);
    private static final Duration GOODBYE = Duration.ofSeconds(3);
    private static final Duration HOPELESS = Duration.ofMillis(300);
    private static final Duration FIRST_CONTACT = Duration.ofSeconds(10);

    private HelixConnection() {}

    /** Not connected yet, so that state models can be registered. */
    static HelixManager prepare(HelixCluster cluster, String name, InstanceType type, Duration sessionTimeout) {
        // Helix takes these from nowhere else when it is given ZooKeeper's address; it reads them in the next
        // statement.
        System.setProperty(SystemPropertyKeys.ZK_SESSION_TIMEOUT, Long.toString(sessionTimeout.toMillis()));
        System.setProperty(SystemPropertyKeys.ZK_CONNECTION_TIMEOUT, Long.toString(FIRST_CONTACT.toMillis()));
        // A node that lost ZooKeeper often is no worse for it, and nobody would enable it again.
        System.setProperty(SystemPropertyKeys.MAX_DISCONNECT_THRESHOLD, Integer.toString(Integer.MAX_VALUE));
        return HelixManagerFactory.getZKHelixManager(cluster.name(), name, type, cluster.zookeeper());
    }

    interface Listening {
        void begin() throws Exception;
    }

    static void connect(HelixManager helix, HelixCluster cluster, Listening listening) {
        try {
            helix.connect();
            listening.begin();
        } catch (Exception failure) {
            disconnect(helix);
            if (failure instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw cluster.unreachable(failure);
        }
    }

    /** Helix waits half a minute for a ZooKeeper that does not answer; it is left to do so alone. */
    static void disconnect(HelixManager helix) {
        Thread leaving = Thread.ofPlatform()
                .daemon()
                .name("varve-leave " + helix.getInstanceName())
                .start(() -> {
                    try {
                        helix.disconnect();
                    } catch (RuntimeException failure) {
                        LOG.warn("left the cluster without a word node={}", helix.getInstanceName(), failure);
                    }
                });
        try {
            if (!leaving.join(helix.isConnected() ? GOODBYE : HOPELESS)) {
                LOG.warn("ZooKeeper does not answer, leaves without a word node={}", helix.getInstanceName());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
