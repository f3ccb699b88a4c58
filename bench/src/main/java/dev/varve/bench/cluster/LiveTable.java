package dev.varve.bench.cluster;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Shows what happens now: on a terminal a table that stays in place, in a pipe a line every five seconds. */
final class LiveTable implements AutoCloseable {
    private static final int LAST_SECONDS = 5;
    private static final int EVENTS = 8;

    private final Cluster cluster;
    private final DemoCrowd crowd;
    private final boolean isTerminal;
    private final ScheduledExecutorService timer =
            Executors.newScheduledThreadPool(2, Thread.ofVirtual().factory());
    private final Deque<String> events = new ArrayDeque<>();
    private volatile String replicas = "…";
    private volatile String counted = "…";
    private int drawn;
    private boolean isEnded;

    LiveTable(Cluster cluster, DemoCrowd crowd) {
        this.cluster = cluster;
        this.crowd = crowd;
        this.isTerminal = isTerminal();
        var unusedLook = timer.scheduleWithFixedDelay(this::look, 1, 3, TimeUnit.SECONDS);
        long every = isTerminal ? 1 : LAST_SECONDS;
        var unusedDraw = timer.scheduleWithFixedDelay(this::draw, every, every, TimeUnit.SECONDS);
    }

    @SuppressWarnings("SystemConsoleNull") // it is null where neither end is a terminal
    private static boolean isTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    private void look() {
        Optional<String> unrest = cluster.unrest();
        replicas = unrest.orElse("all there");
        for (Cluster.Member member : cluster.members()) {
            long rows = crowd.counted(member);
            if (rows >= 0) {
                counted = rows + " as " + member.name() + " counts";
                return;
            }
        }
        counted = "nobody answers";
    }

    /** Something begins. */
    synchronized void now(String what) {
        say(String.format(Locale.ROOT, "%4d s  %s", crowd.requests().now(), what));
    }

    synchronized void say(String what) {
        events.addLast(what);
        if (events.size() > EVENTS) {
            events.removeFirst();
        }
        if (isTerminal) {
            draw();
        } else {
            System.out.println("== " + what);
            System.out.flush();
        }
    }

    private synchronized void draw() {
        if (isEnded) {
            return;
        }
        int now = crowd.requests().now();
        Seconds.Sum last = crowd.requests().sum(Math.max(0, now - LAST_SECONDS), now);
        Seconds.Sum all = crowd.requests().sum(0, now + 1);
        if (!isTerminal) {
            System.out.printf(
                    Locale.ROOT,
                    "%4d s  %4.0f requests/s  p50 %4.0f ms  p99 %5.0f ms  errors %d of %d  lost %d  wrong %d  rows %s"
                            + "  replicas: %s%n",
                    now,
                    (double) last.requests() / LAST_SECONDS,
                    last.p50(),
                    last.p99(),
                    all.errors(),
                    all.requests(),
                    crowd.lost().size(),
                    crowd.wrong().size(),
                    counted,
                    replicas);
            System.out.flush();
            return;
        }
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append("\033[").append(drawn).append("A\033[J");
        }
        String[] rows = {
            "",
            "  requests       " + all.requests() + ", " + last.requests() / LAST_SECONDS + " a second",
            "  errors         " + all.errors() + ", tried again elsewhere " + crowd.retries(),
            String.format(
                    Locale.ROOT, "  p50, p99       %.0f ms, %.0f ms (last %d s)", last.p50(), last.p99(), LAST_SECONDS),
            "  lost           " + crowd.lost().size(),
            "  wrong          " + crowd.wrong().size(),
            "  rows           " + counted,
            "  objects        " + crowd.objects() + " writes acknowledged",
            "  replicas       " + replicas,
            ""
        };
        for (String row : rows) {
            text.append(row).append('\n');
        }
        events.forEach(event -> text.append("  ").append(event).append('\n'));
        drawn = rows.length + events.size();
        System.out.print(text);
        System.out.flush();
    }

    /** Nothing is drawn any more. */
    synchronized void end() {
        isEnded = true;
    }

    @Override
    public void close() {
        end();
        timer.shutdownNow();
    }
}
