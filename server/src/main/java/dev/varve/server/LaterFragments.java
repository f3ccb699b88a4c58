package dev.varve.server;

import dev.varve.catalog.DataFile;
import dev.varve.query.Fragment;
import dev.varve.query.Fragments;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Fragments that are known before the first query, though not yet when the engine is opened. */
record LaterFragments(CompletableFuture<Fragments> fragments) implements Fragments {
    @Override
    public Map<String, List<DataFile>> elsewhere(List<DataFile> files) {
        return fragments.join().elsewhere(files);
    }

    @Override
    public CompletableFuture<ByteBuffer> ask(String node, Fragment fragment) {
        return fragments.join().ask(node, fragment);
    }
}
