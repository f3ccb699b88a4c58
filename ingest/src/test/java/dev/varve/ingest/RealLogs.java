package dev.varve.ingest;

import dev.varve.blobstore.SharedLog;
import dev.varve.blobstore.SharedLogs;
import dev.varve.blobstore.TestLogs;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Replicated logs over peers, chunks and registers in memory. */
final class RealLogs implements ClusterLogs {
    private final TestLogs logs = new TestLogs();
    /** By name of log and node. */
    private final Map<String, SharedLog> open = new ConcurrentHashMap<>();

    @Override
    public Node node(String node) {
        SharedLogs own = logs.node(node);
        return new Node() {
            @Override
            public SharedLog open(String name, int number) {
                SharedLog log = own.open(name, number);
                open.put(name + "@" + node, log);
                return log;
            }

            @Override
            public void close() {
                logs.peers().leave(node);
                own.close();
            }
        };
    }

    @Override
    public void lead(String log, String node) {
        open.forEach((name, handle) -> {
            if (name.startsWith(log + "@")) {
                handle.nominate(node);
            }
        });
    }

    @Override
    public void setTroubles(int perThousand) {
        if (perThousand == 0) {
            logs.peers().heal();
        }
    }
}
