package dev.varve.model.host;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Files of a node, named by paths with {@code /}. Calls take effect in their order. Futures complete on the node's loop,
 * exceptionally with an {@link java.io.IOException}; content that could not be forced must be taken for lost.
 */
public interface AsyncFiles {
    /** Writes at the end of a file, which is made if it is not there. The bytes must not change until then. */
    CompletableFuture<Void> append(String file, ByteBuffer bytes);

    /** Makes a file's content durable; its name is another matter. */
    CompletableFuture<Void> force(String file);

    /** Renames, replacing what has the name; durable after {@link #forceNames}. */
    CompletableFuture<Void> move(String from, String to);

    /** Removes a file if it is there; durable after {@link #forceNames}. */
    CompletableFuture<Void> delete(String file);

    /** Makes the names in a directory durable. */
    CompletableFuture<Void> forceNames(String directory);

    CompletableFuture<ByteBuffer> read(String file);

    /** The files of a directory, in order. */
    CompletableFuture<List<String>> list(String directory);
}
