package dev.varve.blobstore.zookeeper;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** A ZooKeeper in this process, on a free port. */
public final class LocalZooKeeper implements AutoCloseable {
    private static final int TICK_MILLIS = 500;

    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory connections;

    public LocalZooKeeper(Path folder) throws Exception {
        System.setProperty("zookeeper.admin.enableServer", "false");
        server = new ZooKeeperServer(folder.toFile(), folder.toFile(), TICK_MILLIS);
        server.setMinSessionTimeout(TICK_MILLIS);
        connections = new NIOServerCnxnFactory();
        connections.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0, -1, false);
        connections.startup(server, true);
    }

    public String address() {
        return "127.0.0.1:" + connections.getLocalPort();
    }

    /** Ends the session of a node that is there, as if nothing had been heard of it for the session timeout. */
    public long expireSession(String cluster, String node) {
        long session = session(cluster, node);
        server.closeSession(session);
        return session;
    }

    /** The session that says that the node is there. */
    public long session(String cluster, String node) {
        var live = server.getZKDatabase().getNode("/" + cluster + "/LIVEINSTANCES/" + node);
        return live == null ? 0 : live.stat.getEphemeralOwner();
    }

    @Override
    public void close() {
        connections.shutdown();
        server.shutdown();
    }
}
