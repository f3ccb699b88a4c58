package dev.varve.server.patience;

import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.xnio.IoUtils;

/**
 * Closes connections whose client lets the node wait too long in the middle of a request or an answer.
 *
 * <p>Undertow's own timeouts count the time between two reads or writes, a slow query's included; this one counts only
 * the time spent waiting for the client. One thread looks at all waits; those that wait only note when they began.
 */
public final class Patience implements AutoCloseable {
    private static final long SHORTEST_LOOK_MILLIS = 50;

    private final Duration limit;
    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
    private final Thread looking;

    public Patience(Duration limit) {
        this.limit = limit;
        looking = Thread.ofVirtual().name("http-patience").start(this::look);
    }

    /** What one exchange waits for; used by the thread that works on it. */
    public static final class Wait {
        private final HttpServerExchange exchange;
        private volatile boolean isWaiting;
        private volatile Thread waiting = Thread.currentThread();
        private volatile long sinceNanos;

        private Wait(HttpServerExchange exchange) {
            this.exchange = exchange;
        }

        public void begin() {
            sinceNanos = System.nanoTime();
            waiting = Thread.currentThread();
            isWaiting = true;
        }

        public void end() {
            isWaiting = false;
        }

        /** Closing alone does not wake a thread that waits for the connection to become readable or writable. */
        private void cut() {
            IoUtils.safeClose(exchange.getConnection());
            if (waiting.isVirtual()) {
                waiting.interrupt();
            }
        }
    }

    /** Looks after the exchange until it is complete. */
    public Wait with(HttpServerExchange exchange) {
        Wait wait = new Wait(exchange);
        waits.add(wait);
        exchange.addExchangeCompleteListener((done, next) -> {
            waits.remove(wait);
            next.proceed();
        });
        return wait;
    }

    private void look() {
        try {
            while (true) {
                Thread.sleep(Math.max(SHORTEST_LOOK_MILLIS, limit.toMillis() / 10));
                long now = System.nanoTime();
                waits.removeIf(wait -> !wait.exchange.getConnection().isOpen());
                for (Wait wait : waits) {
                    if (wait.isWaiting && now - wait.sinceNanos > limit.toNanos()) {
                        wait.cut();
                    }
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        looking.interrupt();
    }
}
