package dev.varve.server.peer;

/**
 * How a node listens to its peers and what it sends at most.
 *
 * @param self the node's id
 * @param host address to listen on
 * @param port 0 takes any free one
 * @param mostInFlight bytes of requests on their way to one node, and of answers on their way to one; more wait
 * @param mostWaiting bytes of requests to one node that wait; more are refused
 */
public record PeerConfig(String self, String host, int port, long mostInFlight, long mostWaiting) {
    private static final long IN_FLIGHT = 32L << 20;
    private static final long WAITING = 128L << 20;

    public static PeerConfig of(String self, String host, int port) {
        return new PeerConfig(self, host, port, IN_FLIGHT, WAITING);
    }
}
