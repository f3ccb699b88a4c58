package dev.varve.server;

import dev.varve.blobstore.ClusterStore;
import dev.varve.blobstore.StoreFacts;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.controller.ClusterSettings;
import dev.varve.controller.Enrolment;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a node finds its cluster in ZooKeeper. Only a node with an empty disk makes a cluster; one that has data waits for
 * the cluster that the data are of, for logs that began anew would end before what is on its disk.
 */
final class ClusterEntry {
    private static final String REMEDY = "if it was lost, stop all nodes and make it again from their disks:"
            + " varve admin recover-pointers --help; if not, see that cluster.zookeeper and cluster.name are right";

    private ClusterEntry() {}

    /** Above all that the store keeps in ZooKeeper. */
    static String root(ClusterConfig cluster, String generation) {
        String root = "/varve-store/" + cluster.name();
        return generation.isEmpty() ? root : root + "/restored-" + generation;
    }

    /** Claims the node's number; makes the cluster if this is its first node. */
    static Enrolment enrol(NodeConfig config, ClusterConfig cluster, ClusterSettings settings) {
        Path store = config.dataDir().resolve(Lake.STORE);
        Optional<DiskIdentity> disk = ClusterStore.identity(store);
        Optional<Enrolment.Found> found = Enrolment.look(settings);
        if (found.isEmpty()) {
            disk.ifPresent(known -> refuse("ZooKeeper %s has no cluster %s, and %s belongs to node %d of cluster %s"
                    .formatted(cluster.zookeeper(), cluster.name(), store, known.nodeId(), known.clusterId())));
            // Before the identity, so that whoever sees that there is a cluster sees its logs.
            StoreFacts.with(cluster.zookeeper(), root(cluster, ""), facts -> {
                facts.create(settings.logs());
                return facts;
            });
            return Enrolment.claim(settings, cluster.node());
        }
        if (disk.isPresent() && !disk.get().clusterId().equals(found.get().cluster())) {
            refuse("the cluster %s in ZooKeeper %s is %s, and %s belongs to node %d of cluster %s"
                    .formatted(
                            cluster.name(),
                            cluster.zookeeper(),
                            found.get().cluster(),
                            store,
                            disk.get().nodeId(),
                            disk.get().clusterId()));
        }
        String root = root(cluster, found.get().generation());
        List<String> missing = StoreFacts.with(cluster.zookeeper(), root, facts -> facts.missing(settings.logs()));
        if (!missing.isEmpty()) {
            refuse("ZooKeeper %s has no pointers of the logs %s under %s (cluster.ingest-shards is fixed for good)"
                    .formatted(cluster.zookeeper(), String.join(", ", missing), root));
        }
        return Enrolment.claim(settings, cluster.node());
    }

    private static void refuse(String what) {
        throw new VarveException(ErrorCode.STORAGE, what).withHint(REMEDY);
    }
}
