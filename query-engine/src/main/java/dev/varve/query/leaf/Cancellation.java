package dev.varve.query.leaf;

import org.jspecify.annotations.Nullable;

/** Ends one query from any thread, before, while or after it runs; the query then fails with CANCELLED. */
public final class Cancellation {
    private boolean cancelled;
    private @Nullable Runnable action;

    public void cancel() {
        @Nullable Runnable toRun;
        synchronized (this) {
            cancelled = true;
            toRun = action;
        }
        if (toRun != null) {
            toRun.run();
        }
    }

    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Runs the action on cancellation, at once if that was before. */
    void onCancel(Runnable newAction) {
        boolean now;
        synchronized (this) {
            action = newAction;
            now = cancelled;
        }
        if (now) {
            newAction.run();
        }
    }

    synchronized void forget() {
        action = null;
    }
}
