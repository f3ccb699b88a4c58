package dev.varve.server.flight;

import java.time.Duration;

/**
 * How Arrow Flight is served.
 *
 * @param host address to listen on
 * @param port 0 takes any free one
 * @param maxMessageBytes largest batch taken in
 * @param inFlight batches of one {@code DoPut} stream that may wait to become durable
 * @param clientTimeout how long a client may take no batch before its query is cancelled
 */
public record FlightConfig(String host, int port, int maxMessageBytes, int inFlight, Duration clientTimeout) {
    public static final FlightConfig DEFAULT = new FlightConfig("127.0.0.1", 8182, 256 << 20, 8, Duration.ofMinutes(5));

    public FlightConfig withPort(int newPort) {
        return new FlightConfig(host, newPort, maxMessageBytes, inFlight, clientTimeout);
    }
}
