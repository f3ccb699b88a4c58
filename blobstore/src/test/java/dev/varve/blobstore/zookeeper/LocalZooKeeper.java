package dev.varve.blobstore.zookeeper;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** A ZooKeeper in this process, on a free port. */
final class LocalZooKeeper implements AutoCloseable {
    private static final int TICK_MILLIS = 500;

    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory connections;

    LocalZooKeeper(Path folder) throws Exception {
        System.setProperty("zookeeper.admin.enableServer", "false");
        server = new ZooKeeperServer(folder.toFile(), folder.toFile(), TICK_MILLIS);
        server.setMinSessionTimeout(TICK_MILLIS);
        connections = new NIOServerCnxnFactory();
        connections.configure(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0, -1, false);
        connections.startup(server, true);
    }

    String address() {
        return "127.0.0.1:" + connections.getLocalPort();
    }

    @Override
    public void close() {
        connections.shutdown();
        server.shutdown();
    }
}
