package dev.varve.query.leaf;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** So many queries may run at once; the others wait in order, each until it is cancelled or has waited too long. Thread-safe. */
final class Slots {
    /** One that waits; given a slot by whoever leaves one. */
    private static final class Waiter {
        private final Condition told;
        private boolean hasSlot;

        Waiter(Condition told) {
            this.told = told;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private final int most;
    private int taken;

    Slots(int most) {
        this.most = most;
    }

    void take(long waitNanos, Cancellation stop) {
        lock.lock();
        try {
            if (taken < most) {
                taken++;
                return;
            }
            Waiter waiter = new Waiter(lock.newCondition());
            waiting.add(waiter);
            stop.onCancel(() -> tell(waiter));
            try {
                await(waiter, waitNanos, stop);
            } finally {
                stop.forget();
                waiting.remove(waiter);
            }
        } finally {
            lock.unlock();
        }
    }

    private void await(Waiter waiter, long waitNanos, Cancellation stop) {
        long leftNanos = waitNanos;
        while (!waiter.hasSlot) {
            if (stop.isCancelled()) {
                throw new VarveException(ErrorCode.CANCELLED, "the query was cancelled while it waited");
            }
            if (leftNanos <= 0) {
                throw new VarveException(ErrorCode.OVERLOADED, most + " queries are running and more are waiting")
                        .withHint("try again later");
            }
            try {
                leftNanos = waiter.told.awaitNanos(leftNanos);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                if (waiter.hasSlot) {
                    release();
                }
                throw new VarveException(ErrorCode.CANCELLED, "the query was cancelled while it waited", e);
            }
        }
    }

    private void tell(Waiter waiter) {
        lock.lock();
        try {
            waiter.told.signal();
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            Waiter next = waiting.poll();
            if (next == null) {
                taken--;
            } else {
                next.hasSlot = true;
                next.told.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether at most one is taken. */
    boolean isAlone() {
        lock.lock();
        try {
            return taken <= 1;
        } finally {
            lock.unlock();
        }
    }
}
