package dev.varve.blobstore.zookeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of ZooKeeper that is replaced by a new one when its session has ended. Nothing in ZooKeeper depends on the
 * session. Thread-safe.
 */
public final class ZooKeeperSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ZooKeeperSession.class);
    private static final Duration LEAST_PAUSE = Duration.ofMillis(100);
    private static final Duration MOST_PAUSE = Duration.ofSeconds(5);
    private static final int MOST_DOUBLINGS = 6;
    private static final int CLOSE_MILLIS = 2000;

    private final String addresses;
    private final Duration timeout;
    private final AtomicReference<@Nullable ZooKeeper> client = new AtomicReference<>();
    private final ScheduledExecutorService again = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("varve-zookeeper-session").factory());
    private volatile boolean isClosed;

    private ZooKeeperSession(String addresses, Duration timeout) {
        this.addresses = addresses;
        this.timeout = timeout;
    }

    /**
     * Begins to connect; does not wait for it.
     *
     * @param addresses such as {@code host:2181,host:2181}
     * @param timeout of the session; it takes two thirds of that to notice a server that is silent
     */
    public static ZooKeeperSession open(String addresses, Duration timeout) {
        ZooKeeperSession session = new ZooKeeperSession(addresses, timeout);
        session.connect(0);
        return session;
    }

    /** The client of now; null while there is none. */
    @Nullable
    ZooKeeper client() {
        return client.get();
    }

    private void connect(int failures) {
        if (isClosed) {
            return;
        }
        try {
            ZooKeeper next = new ZooKeeper(addresses, (int) timeout.toMillis(), this::changed);
            client.set(next);
            if (isClosed) {
                end(next);
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("cannot make a client of zookeeper={} cause={}", addresses, e.toString());
            connectLater(failures + 1);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it cannot fail
    private void connectLater(int failures) {
        long millis = Math.min(MOST_PAUSE.toMillis(), LEAST_PAUSE.toMillis() << Math.min(failures, MOST_DOUBLINGS));
        if (!isClosed) {
            again.schedule(() -> connect(failures), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void changed(WatchedEvent event) {
        if (event.getState() == KeeperState.Expired && !isClosed) {
            LOG.warn("the session with zookeeper={} has expired; a new one begins", addresses);
            connectLater(0);
        }
    }

    /** Ends the session as if it had expired. */
    void expire() {
        ZooKeeper current = client.get();
        if (current != null) {
            end(current);
            connectLater(0);
        }
    }

    private static void end(ZooKeeper client) {
        try {
            client.close(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        again.shutdownNow();
        ZooKeeper current = client.getAndSet(null);
        if (current != null) {
            end(current);
        }
    }
}
