package dev.varve.server.peer;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.server.log.RequestId;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request to another node.
 *
 * @param deadline by {@link System#nanoTime}
 * @param requestId of the client's request that this one is for, or null
 */
record Ask(
        String node,
        String method,
        ByteBuffer request,
        long deadline,
        @Nullable String requestId,
        CompletableFuture<ByteBuffer> answer) {
    /** What a request costs beside its bytes. */
    private static final int OVERHEAD = 1024;

    /** Requests that wait for no others, so that leases do not end behind chunks. */
    private static final int SMALL = 64 << 10;

    static Ask of(String node, String method, ByteBuffer request, long deadline) {
        return new Ask(node, method, request, deadline, RequestId.current(), new CompletableFuture<>());
    }

    int cost() {
        return request.remaining() + OVERHEAD;
    }

    boolean isSmall() {
        return request.remaining() <= SMALL;
    }

    void fail(ErrorCode code, String why) {
        answer.completeExceptionally(
                new VarveException(code, "node %s does not answer %s: %s".formatted(node, method, why)));
    }
}
