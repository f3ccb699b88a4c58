package dev.varve.server.patience;

import io.undertow.server.HttpServerExchange;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/**
 * Lets so many requests be worked on at a time, and closes connections whose client is too slow.
 *
 * <p>A place is for work. A request that has waited for its client for a while gives its place to others whenever it waits
 * again, and takes the next free one when it goes on: so slow clients, however many, do not keep the others from being
 * served. What they hold meanwhile is memory, so they too are counted, and from a certain number on nobody is let in.
 *
 * <p>Patience with a client is a time that waiting for it uses up, and bytes sent or taken give back: neither silence nor
 * a drip lasts. Undertow's own timeouts count the time between two reads or writes, a slow query's included; this one
 * counts only the time spent waiting for the client. One thread looks at all waits.
 */
public final class Patience implements AutoCloseable {
    /** Slower clients use up the patience with them. */
    public static final int LEAST_BYTES_PER_SECOND = 512;
    /** Requests without a place because their clients are slow. */
    private static final int MOST_SLOW = 1500;

    private static final long LEND_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long NANOS_PER_BYTE = TimeUnit.SECONDS.toNanos(1) / LEAST_BYTES_PER_SECOND;
    private static final long LOOK_MILLIS = 25;

    private final long limitNanos;
    private final Semaphore places;
    private final int mostQueued;
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicInteger slow = new AtomicInteger();
    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
    private final Thread looking;

    /**
     * Begins to look.
     *
     * @param limit how long a client may be silent
     * @param places requests worked on at a time
     * @param mostQueued requests that wait for a place
     */
    public Patience(Duration limit, int places, int mostQueued) {
        this.limitNanos = limit.toNanos();
        this.places = new Semaphore(places, true);
        this.mostQueued = mostQueued;
        looking = Thread.ofVirtual().name("http-patience").start(this::look);
    }

    private enum State {
        /** Has no place, or will not need one. */
        OUTSIDE,
        WORKING,
        /** Its place is another's until its client goes on. */
        LENT,
        /** Worked on no more, but the client does not have its answer yet. */
        ENDING
    }

    /** What one exchange waits for; used by the thread that works on it, and looked at by ours. */
    public final class Wait {
        private final HttpServerExchange exchange;
        private State state = State.OUTSIDE;
        private boolean isComplete;
        private boolean isWaiting;
        private boolean isCut;
        /** The thread that is blocked meanwhile, if one is. */
        private @Nullable Thread blocked;

        private long sinceNanos;
        private long waitedNanos;
        private long leftNanos = limitNanos;

        private Wait(HttpServerExchange exchange) {
            this.exchange = exchange;
        }

        private synchronized void begin() {
            sinceNanos = System.nanoTime();
            blocked = Thread.currentThread();
            isWaiting = true;
            if (waitedNanos > LEND_NANOS) {
                lend();
            }
        }

        private void end(long bytes) {
            synchronized (this) {
                long nanos = System.nanoTime() - sinceNanos;
                waitedNanos += nanos;
                leftNanos = Math.min(limitNanos, leftNanos - nanos + bytes * NANOS_PER_BYTE);
                isWaiting = false;
                unblock();
                if (state != State.LENT) {
                    return;
                }
            }
            places.acquireUninterruptibly();
            synchronized (this) {
                slow.decrementAndGet();
                state = State.WORKING;
            }
        }

        /** The thread goes on, and must not carry an interrupt into what it does next: that would close files. */
        private void unblock() {
            blocked = null;
            if (isCut) {
                var _ = Thread.interrupted();
            }
        }

        /** Runs what ends the answer; until the client has taken it and sent the rest of its request, it is waited for. */
        public void ending(Runnable last) {
            begin();
            try {
                last.run();
            } finally {
                synchronized (this) {
                    unblock();
                }
            }
        }

        private void lend() {
            if (state == State.WORKING) {
                state = State.LENT;
                slow.incrementAndGet();
                places.release();
            }
        }

        private void look(long now) {
            if (isTooSlow(now)) {
                IoUtils.safeClose(exchange.getConnection());
            }
            if (!exchange.getConnection().isOpen()) {
                abandon();
            }
        }

        private synchronized boolean isTooSlow(long now) {
            if (isWaiting && now - sinceNanos > LEND_NANOS) {
                lend();
            }
            return isWaiting && now - sinceNanos > leftNanos;
        }

        /** Closing alone does not wake a thread that waits for the connection to become readable or writable. */
        private synchronized void abandon() {
            if (blocked != null && blocked.isVirtual()) {
                isCut = true;
                blocked.interrupt();
            }
            complete();
        }

        private synchronized void complete() {
            isComplete = true;
            waits.remove(this);
            if (state == State.ENDING) {
                slow.decrementAndGet();
                state = State.OUTSIDE;
            }
        }

        private void work(boolean hasPlace, Runnable answering) {
            if (!hasPlace) {
                places.acquireUninterruptibly();
                queued.decrementAndGet();
            }
            synchronized (this) {
                state = State.WORKING;
            }
            try {
                answering.run();
            } finally {
                leave();
            }
        }

        private synchronized void leave() {
            lend();
            state = State.ENDING;
            if (isComplete) {
                complete();
            }
        }

        /** The client's bytes. */
        public InputStream in(InputStream raw) {
            return new FromClient(raw);
        }

        /** Waits until the client takes more; it has taken so many bytes since it was waited for the last time. */
        public void writable(StreamSinkChannel channel, long bytes) throws IOException {
            begin();
            try {
                channel.awaitWritable();
            } finally {
                end(bytes);
            }
        }

        /** Bytes to the client. */
        public OutputStream out(OutputStream raw) {
            return new ToClient(raw);
        }

        private final class FromClient extends FilterInputStream {
            FromClient(InputStream raw) {
                super(raw);
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = 0;
                begin();
                try {
                    count = in.read(target, offset, length);
                } finally {
                    end(Math.max(count, 0));
                }
                return count;
            }
        }

        private final class ToClient extends OutputStream {
            private final OutputStream out;

            ToClient(OutputStream out) {
                this.out = out;
            }

            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                begin();
                try {
                    out.write(bytes, offset, length);
                } finally {
                    end(length);
                }
            }

            @Override
            public void flush() throws IOException {
                begin();
                try {
                    out.flush();
                } finally {
                    end(0);
                }
            }

            @Override
            public void close() throws IOException {
                begin();
                try {
                    out.close();
                } finally {
                    synchronized (Wait.this) {
                        unblock();
                    }
                }
            }
        }
    }

    /** Looks after the exchange until it is complete. */
    public Wait with(HttpServerExchange exchange) {
        Wait wait = new Wait(exchange);
        waits.add(wait);
        exchange.addExchangeCompleteListener((done, next) -> {
            wait.complete();
            next.proceed();
        });
        return wait;
    }

    /** Has the request answered when there is a place; false if too many are waiting already. */
    public boolean admit(Wait wait, Executor workers, Runnable answering) {
        if (slow.get() >= MOST_SLOW) {
            return false;
        }
        boolean hasPlace = tryPlace();
        if (!hasPlace && queued.incrementAndGet() > mostQueued) {
            queued.decrementAndGet();
            return false;
        }
        wait.exchange.dispatch(workers, ignored -> wait.work(hasPlace, answering));
        return true;
    }

    private boolean tryPlace() {
        try {
            // Unlike without a time, those who wait come first.
            return places.tryAcquire(0, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void look() {
        try {
            while (true) {
                Thread.sleep(LOOK_MILLIS);
                long now = System.nanoTime();
                for (Wait wait : waits) {
                    wait.look(now);
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
