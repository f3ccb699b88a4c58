package dev.varve.query;

import dev.varve.catalog.DataFile;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Other nodes that compute parts of queries. */
public interface Fragments {
    /** There are none. */
    Fragments NONE = new Fragments() {
        @Override
        public Map<String, List<DataFile>> elsewhere(List<DataFile> files) {
            return Map.of();
        }

        @Override
        public CompletableFuture<ByteBuffer> ask(String node, Fragment fragment) {
            throw new IllegalStateException("there is no node " + node);
        }
    };

    /**
     * Which of the files other nodes should read, by node; the others are read here. Empty when it is not worth the asking.
     */
    Map<String, List<DataFile>> elsewhere(List<DataFile> files);

    /** What {@link QueryEngine#compute} answers on that node; fails if it does not. */
    CompletableFuture<ByteBuffer> ask(String node, Fragment fragment);
}
