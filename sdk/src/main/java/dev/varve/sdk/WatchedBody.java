package dev.varve.sdk;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of an answer, broken off when the node that sends them is found to be gone. */
final class WatchedBody extends FilterInputStream {
    private final Hosts.Wait wait;

    private WatchedBody(InputStream in, Hosts.Wait wait) {
        super(in);
        this.wait = wait;
    }

    static InputStream of(Hosts.Host host, InputStream body) {
        return new WatchedBody(body, host.await(() -> breakOff(body)));
    }

    /** Whoever reads gets an exception: the stream of the JDK never ends as if it were whole when it is closed. */
    private static void breakOff(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // It is given up in any case.
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() throws IOException {
        wait.close();
        super.close();
    }
}
