package dev.varve.server.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;

/**
 * Notices that the client of a running query has gone.
 *
 * <p>Nothing is read from a connection while its request is answered, so that a closed one looks like an idle one. The
 * watch therefore reads a little from time to time, on the connection's I/O thread. Bytes it finds belong to the next
 * request and are put back, and the watch ends. It must be closed before the answer ends, for then the connection reads
 * by itself again.
 */
final class ClientWatch implements AutoCloseable {
    private static final long PERIOD_MILLIS = 50;

    private final HttpServerExchange exchange;
    private final AbstractServerConnection connection;
    private final Runnable onGone;
    private boolean isOver;
    private XnioExecutor.@Nullable Key next;

    private ClientWatch(HttpServerExchange exchange, AbstractServerConnection connection, Runnable onGone) {
        this.exchange = exchange;
        this.connection = connection;
        this.onGone = onGone;
    }

    /** Watches from now on; the request must have been read to its end. */
    static ClientWatch start(HttpServerExchange exchange, Runnable onGone) {
        ClientWatch watch = new ClientWatch(exchange, (AbstractServerConnection) exchange.getConnection(), onGone);
        if (exchange.isRequestComplete()) {
            watch.schedule();
        }
        return watch;
    }

    private synchronized void schedule() {
        if (!isOver) {
            next = exchange.getIoThread().executeAfter(this::look, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        if (isGone()) {
            onGone.run();
        } else {
            schedule();
        }
    }

    private synchronized boolean isGone() {
        if (isOver || connection.getExtraBytes() != null) {
            isOver = true;
            return false;
        }
        PooledByteBuffer buffer = connection.getByteBufferPool().allocate();
        boolean isKept = false;
        try {
            int count = connection.getOriginalSourceConduit().read(buffer.getBuffer());
            if (count > 0) {
                buffer.getBuffer().flip();
                connection.setExtraBytes(buffer);
                isKept = true;
                isOver = true;
            }
            return count < 0;
        } catch (IOException e) {
            return true;
        } finally {
            if (!isKept) {
                buffer.close();
            }
        }
    }

    /** After this nothing is read any more and {@code onGone} does not begin. */
    @Override
    public synchronized void close() {
        isOver = true;
        if (next != null) {
            next.remove();
        }
    }
}
