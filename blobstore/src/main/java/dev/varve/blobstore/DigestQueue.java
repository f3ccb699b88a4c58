package dev.varve.blobstore;

import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Digester;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Computes digests of bytes in order, beside what else is done with them: MD5 alone is slower than many a disk. Used by
 * one thread.
 */
final class DigestQueue {
    private final Digester digester;
    private final Executor computing;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    DigestQueue(Digester digester, Executor computing) {
        this.digester = digester;
        this.computing = computing;
    }

    /** @param bytes untouched until they are digested: {@link #soFar}, {@link #await} */
    void add(ByteBuffer bytes) {
        if (bytes.hasRemaining()) {
            last = last.thenRunAsync(() -> digester.update(bytes), computing);
        }
    }

    /** Completes when everything that was added before the call is digested. */
    CompletableFuture<Void> soFar() {
        return last;
    }

    /** Waits until everything that was added is digested. */
    void await() {
        last.join();
    }

    /**
     * The digests of all; no more can be added.
     *
     * @param rest digested by this thread
     */
    Body.Digests finish(ByteBuffer rest) {
        await();
        digester.update(rest);
        return digester.finish();
    }
}
