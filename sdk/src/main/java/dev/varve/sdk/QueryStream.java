package dev.varve.sdk;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a result in the format asked for, as they come.
 *
 * <p>The body throws an {@link IOException} if the node breaks off, so an end of the stream is the end of the result.
 * One thread uses it; closing it early cancels the query.
 */
public final class QueryStream implements AutoCloseable {
    private final String id;
    private final InputStream body;
    private final Runnable cancel;
    private boolean ended;
    private boolean closed;

    QueryStream(String id, InputStream body, Runnable cancel) {
        this.id = id;
        this.body = new EndSeen(body);
        this.cancel = cancel;
    }

    public String id() {
        return id;
    }

    public InputStream body() {
        return body;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!ended) {
                cancel.run();
            }
            body.close();
        } catch (IOException e) {
            // The result is given up; a connection that cannot be closed any more changes nothing.
            ended = true;
        }
    }

    /** The body has given all it has, so there is nothing to cancel. */
    void markEnded() {
        ended = true;
    }

    private final class EndSeen extends InputStream {
        private final InputStream in;

        EndSeen(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            return seen(in.read());
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return seen(in.read(target, offset, length));
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }

        private int seen(int result) {
            ended |= result < 0;
            return result;
        }
    }
}
