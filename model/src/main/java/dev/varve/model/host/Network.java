package dev.varve.model.host;

/**
 * Sends messages between named nodes. A message may be lost, late or overtaken by a later one, and a node is never told.
 *
 * @param <M> immutable messages
 */
public interface Network<M> {
    void send(String node, M message);

    /** Messages to this node from now on; before that they are lost. */
    void receive(Receiver<M> receiver);

    /** Gets what others sent. */
    interface Receiver<M> {
        void message(String from, M message);
    }
}
