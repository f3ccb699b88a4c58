package dev.varve.model.host;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Asks other nodes, and answers them. A request may be lost, late, come twice or be handled without an answer: only an
 * answer tells anything. A node may ask itself. Thread-safe.
 */
public interface Peers {
    /** The largest request or answer. */
    int MAX_BYTES = 9 << 20;

    /** The name of this node. */
    String self();

    /**
     * Sends a request and completes with the answer, a buffer of the caller's own. Completes exceptionally with a
     * {@link dev.varve.model.VarveException}: the one that the handler failed with (code, message and hint are carried over),
     * or one with {@code UNKNOWN_OUTCOME} when it is unknown whether the request was handled.
     *
     * @param request must not change until the future completes
     * @param timeout after which no answer is awaited any more
     */
    CompletableFuture<ByteBuffer> ask(String node, String method, ByteBuffer request, Duration timeout);

    /** Answers requests of one method from now on. */
    void serve(String method, Handler handler);

    /** Answers one kind of request; must not block for long unless it says so by completing later. */
    interface Handler {
        /**
         * Returns the answer, which must not change any more.
         *
         * @param request valid until the answer is complete
         */
        CompletableFuture<ByteBuffer> answer(String from, ByteBuffer request);
    }
}
