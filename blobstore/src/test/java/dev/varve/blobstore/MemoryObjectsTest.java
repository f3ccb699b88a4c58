package dev.varve.blobstore;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

final class MemoryObjectsTest extends ObjectStoreContract {
    private @Nullable MemoryObjects store;

    /** The same one again: closing it takes nothing but its files away. */
    @Override
    ObjectStore open(InstantSource clock) {
        MemoryObjects opened = store == null ? MemoryObjects.create(clock) : store;
        store = opened;
        return opened;
    }
}
