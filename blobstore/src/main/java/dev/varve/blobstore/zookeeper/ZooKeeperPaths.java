package dev.varve.blobstore.zookeeper;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** Makes nodes of ZooKeeper, with those above where they are missing. */
final class ZooKeeperPaths {
    private ZooKeeperPaths() {}

    static void createWithParents(ZooKeeper client, String path, byte[] data, CreateMode mode, Consumer<Code> answer) {
        client.create(
                path,
                data,
                ZooDefs.Ids.OPEN_ACL_UNSAFE,
                mode,
                (int code, String at, Object context, String name) -> {
                    int above = path.lastIndexOf('/');
                    if (Code.get(code) != Code.NONODE || above <= 0) {
                        answer.accept(Code.get(code));
                        return;
                    }
                    createWithParents(client, path.substring(0, above), new byte[0], CreateMode.PERSISTENT, parent -> {
                        if (parent == Code.OK || parent == Code.NODEEXISTS) {
                            createWithParents(client, path, data, mode, answer);
                        } else {
                            answer.accept(parent);
                        }
                    });
                },
                null);
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
