package dev.varve.blobstore.shared;

import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A loop on a thread of its own. A task that fails is logged and does not end it. */
public final class ThreadLoop implements EventLoop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ThreadLoop.class);

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    /** Only the thread touches it. */
    private final PriorityQueue<Due> timers = new PriorityQueue<>();

    private final AtomicLong numbers = new AtomicLong();
    private final Thread thread;
    private volatile boolean isClosed;

    private static final class Due implements Timer, Comparable<Due> {
        final long at;
        final long number;
        volatile @Nullable Runnable task;

        Due(long at, long number, Runnable task) {
            this.at = at;
            this.number = number;
            this.task = task;
        }

        @Override
        public void cancel() {
            task = null;
        }

        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(at - other.at, 0);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    public ThreadLoop(String name) {
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Timer after(Duration delay, Runnable task) {
        Due due = new Due(nanoTime() + delay.toNanos(), numbers.incrementAndGet(), task);
        if (thread.equals(Thread.currentThread())) {
            timers.add(due);
        } else {
            execute(() -> timers.add(due));
        }
        return due;
    }

    private void run() {
        while (!isClosed) {
            try {
                Due next = timers.peek();
                if (next != null && next.at - nanoTime() <= 0) {
                    timers.remove();
                    Runnable task = next.task;
                    if (task != null) {
                        task.run();
                    }
                }
                next = timers.peek();
                Runnable task = next == null
                        ? tasks.take()
                        : tasks.poll(Math.max(0, next.at - nanoTime()), TimeUnit.NANOSECONDS);
                if (task != null) {
                    task.run();
                }
            } catch (InterruptedException e) {
                LOG.warn("thread {} goes on after an interrupt; only closing ends it", thread.getName());
            } catch (RuntimeException | AssertionError e) {
                LOG.error("a task of {} failed", thread.getName(), e);
            }
        }
    }

    /** What has not begun does not run any more. */
    @Override
    public void close() {
        isClosed = true;
        execute(() -> {});
    }
}
