package dev.varve.server.s3;

import java.time.Duration;
import java.util.Optional;

/**
 * How S3 is served.
 *
 * @param host address to listen on
 * @param port 0 takes any free one
 * @param domain under which {@code bucket.domain} means a bucket; without one only paths do
 * @param region that clients are told; signatures for any region are accepted
 * @param maxObjectBytes most bytes of one PUT
 * @param maxHeaderBytes largest request line and headers together
 * @param maxConcurrent requests worked on at a time
 * @param maxQueued requests that wait for their turn; the next one is told to slow down
 * @param idleTimeout how long a connection may be open without a request
 * @param clientTimeout how long a client may neither send nor take a byte in the middle of a request
 * @param isAccessLogged whether each request is logged
 */
public record S3Config(
        String host,
        int port,
        Optional<String> domain,
        String region,
        long maxObjectBytes,
        int maxHeaderBytes,
        int maxConcurrent,
        int maxQueued,
        Duration idleTimeout,
        Duration clientTimeout,
        boolean isAccessLogged) {
    public static final S3Config DEFAULT = new S3Config(
            "127.0.0.1",
            8183,
            Optional.empty(),
            "us-east-1",
            5L << 30,
            32 << 10,
            256,
            2048,
            Duration.ofMinutes(2),
            Duration.ofSeconds(30),
            false);

    /** The coding of chunks makes a body longer than what is in it, though never twice as long in practice. */
    static long maxEntityBytes(long mostBytes) {
        return 2 * mostBytes;
    }

    public S3Config withPort(int newPort) {
        return new S3Config(
                host,
                newPort,
                domain,
                region,
                maxObjectBytes,
                maxHeaderBytes,
                maxConcurrent,
                maxQueued,
                idleTimeout,
                clientTimeout,
                isAccessLogged);
    }
}
