package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** As many connections to a node as a client keeps, each for one request at a time. */
final class Connections implements AutoCloseable {
    private static final int MOST_ATTEMPTS = 200;

    private final BlockingQueue<Connection> free = new LinkedBlockingQueue<>();
    private final AtomicInteger slowedDown = new AtomicInteger();
    private final int port;

    private record Connection(Socket socket, InputStream in) {}

    Connections(int port, int count) throws IOException {
        this.port = port;
        for (int i = 0; i < count; i++) {
            free.add(connect());
        }
    }

    private Connection connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(60_000);
        socket.setTcpNoDelay(true);
        return new Connection(socket, new BufferedInputStream(socket.getInputStream()));
    }

    /** The answer to a request, which is sent again when the node says that it has too much to do. */
    RawHttp.Answer send(TestRequest request) throws IOException, InterruptedException {
        byte[] bytes = request.bytes();
        for (int attempt = 1; ; attempt++) {
            RawHttp.Answer answer = once(bytes);
            if (answer.status() != 503) {
                return answer;
            }
            slowedDown.incrementAndGet();
            assertThat(answer.code()).isEqualTo("SlowDown");
            assertThat(answer.header("retry-after")).contains("1");
            assertThat(attempt).as("attempts").isLessThan(MOST_ATTEMPTS);
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(20, 20 + 20 * Math.min(attempt, 20)));
        }
    }

    private RawHttp.Answer once(byte[] bytes) throws IOException, InterruptedException {
        Connection connection = free.take();
        try {
            connection.socket.getOutputStream().write(bytes);
            RawHttp.Answer answer = RawHttp.read(connection.in, bytes[0] == 'H');
            if (answer.header("connection").filter("close"::equalsIgnoreCase).isPresent()) {
                connection.socket.close();
                connection = connect();
            }
            return answer;
        } finally {
            free.add(connection);
        }
    }

    /** How often the node asked to slow down. */
    int slowedDown() {
        return slowedDown.get();
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : free) {
            connection.socket.close();
        }
    }
}
