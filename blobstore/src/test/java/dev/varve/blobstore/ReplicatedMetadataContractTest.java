package dev.varve.blobstore;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The same over logs that are led by one of the nodes, in chunks and registers. */
@Tag("slow")
final class ReplicatedMetadataContractTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    private final TestLogs logs = new TestLogs();
    private InstantSource clock = InstantSource.system();

    @Override
    ObjectStore open(InstantSource now) {
        clock = now;
        return new TestCluster(
                        directory,
                        ObjectStoreConfig.DEFAULT,
                        node -> TestCluster.NodeParts.of(logs.node(node, () -> clock.instant())),
                        now,
                        3)
                .anyNode(new Random(7));
    }
}
