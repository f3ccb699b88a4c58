package dev.varve.blobstore;

import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

final class LocalObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    @Override
    ObjectStore open(InstantSource clock) {
        return LocalObjectStore.open(directory, ObjectStoreConfig.DEFAULT, clock);
    }
}
