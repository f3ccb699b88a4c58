package dev.varve.server.alert;

import java.io.IOException;

/** A way to tell people. */
public interface Channel {
    /** For the log, without secrets. */
    String name();

    /** Tells, or fails; may take as long as its own timeouts. */
    void send(Message message) throws IOException;
}
