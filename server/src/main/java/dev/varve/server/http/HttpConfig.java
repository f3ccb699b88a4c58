package dev.varve.server.http;

import java.time.Duration;

/**
 * How HTTP is served.
 *
 * @param host address to listen on
 * @param port 0 takes any free one
 * @param maxBodyBytes largest body of rows, also after decompression
 * @param maxRequestBytes largest body of anything else
 * @param maxHeaderBytes largest request line and headers together
 * @param maxConcurrent requests worked on at a time
 * @param maxQueued requests that wait for their turn; the next one is refused
 * @param idleTimeout how long a connection may be open without a request
 * @param clientTimeout how long a client may neither send nor take a byte in the middle of a request
 * @param isAccessLogged whether each request is logged
 */
public record HttpConfig(
        String host,
        int port,
        long maxBodyBytes,
        long maxRequestBytes,
        int maxHeaderBytes,
        int maxConcurrent,
        int maxQueued,
        Duration idleTimeout,
        Duration clientTimeout,
        boolean isAccessLogged) {
    public static final HttpConfig DEFAULT = new HttpConfig(
            "127.0.0.1",
            8181,
            1L << 30,
            1L << 20,
            64 << 10,
            64,
            256,
            Duration.ofMinutes(2),
            Duration.ofSeconds(30),
            false);

    public HttpConfig withPort(int newPort) {
        return new HttpConfig(
                host,
                newPort,
                maxBodyBytes,
                maxRequestBytes,
                maxHeaderBytes,
                maxConcurrent,
                maxQueued,
                idleTimeout,
                clientTimeout,
                isAccessLogged);
    }
}
