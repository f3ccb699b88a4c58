package dev.varve.blobstore;

import java.time.InstantSource;

final class MemoryObjectsTest extends ObjectStoreContract {
    @Override
    ObjectStore open(InstantSource clock) {
        return MemoryObjects.create(clock);
    }
}
