package dev.varve.blobstore;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes keep what one promises, whichever of them is asked. */
final class ClusterObjectStoreContractTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    private @Nullable MemoryLogs logs;
    private InstantSource clock = InstantSource.system();

    @Override
    ObjectStore open(InstantSource now) {
        clock = now;
        MemoryLogs opened = logs;
        if (opened == null) {
            opened = new MemoryLogs(7, () -> clock.instant());
            opened.setLags(true);
            logs = opened;
        }
        return new TestCluster(directory, ObjectStoreConfig.DEFAULT, opened, now, 3).anyNode(new Random(7));
    }
}
