package dev.varve.blobstore;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The same on nodes with disks of their own, over replicated chunks and logs. */
@Tag("slow")
final class ReplicatedStoreContractTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    private @Nullable ReplicatedNodes nodes;
    private InstantSource clock = InstantSource.system();

    @Override
    ObjectStore open(InstantSource now) {
        clock = now;
        ReplicatedNodes known = nodes;
        if (known == null) {
            known = new ReplicatedNodes(directory, () -> clock.instant(), 3);
            nodes = known;
        }
        return new TestCluster(directory, ObjectStoreConfig.DEFAULT, known::start, now, 3).anyNode(new Random(7));
    }
}
