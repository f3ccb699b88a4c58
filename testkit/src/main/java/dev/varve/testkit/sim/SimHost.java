package dev.varve.testkit.sim;

import dev.varve.model.host.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A machine with one process that can be killed, started again and stopped for a while. What a killed one had asked for is
 * never told to the next one; the {@link SimDisk} stays, but for what it had not synced.
 */
public final class SimHost {
    private static final Duration TASK = Duration.ofNanos(2_000);

    private final Simulation simulation;
    private final String name;
    private final Consumer<SimHost> program;
    private final SimDisk disk;
    /** How fast this host's clock is. */
    private final double speed;

    private final long clockStart;
    private long wallSkewNanos;
    private Life life;
    private int lives;
    private boolean isPaused;

    /**
     * @param skew by how much the host's clock may be too fast or slow, such as 0.05
     * @param program runs at each start, and sets up what the process is
     */
    public SimHost(Simulation simulation, String name, double skew, Consumer<SimHost> program) {
        this.simulation = simulation;
        this.name = name;
        this.program = program;
        disk = new SimDisk(simulation.random().split());
        speed = 1 + (simulation.random().nextDouble() * 2 - 1) * skew;
        clockStart = simulation.random().nextLong(1L << 40);
        life = new Life(0);
        life.isOver = true;
    }

    public String name() {
        return name;
    }

    public Simulation simulation() {
        return simulation;
    }

    public SimDisk disk() {
        return disk;
    }

    /** Of the process that runs now. */
    public EventLoop loop() {
        return life;
    }

    /** Counts starts, from 1. */
    public int lives() {
        return lives;
    }

    /** The time of day as this host believes it is. */
    public InstantSource wallClock() {
        return () -> Instant.EPOCH.plusNanos(simulation.now() + wallSkewNanos);
    }

    /** Sets the time of day wrong. */
    public void jump(Duration skew) {
        wallSkewNanos = skew.toNanos();
        trace("clock jumps by " + skew);
        simulation.happens(Happening.CLOCK_JUMP);
    }

    public boolean isUp() {
        return !life.isOver;
    }

    public boolean isPaused() {
        return isPaused;
    }

    public void start() {
        if (isUp()) {
            throw new IllegalStateException(name + " is up");
        }
        lives++;
        isPaused = false;
        life = new Life(lives);
        disk.powerOn();
        trace("starts");
        program.accept(this);
    }

    /** The process and all it knew are gone, and what the disk had not synced. */
    public void crash() {
        trace("crashes");
        life.isOver = true;
        isPaused = false;
        disk.crash();
        simulation.happens(Happening.CRASH);
        if (disk.hasLost()) {
            simulation.happens(Happening.LOST_UNSYNCED_WRITE);
        }
        if (disk.hasTorn()) {
            simulation.happens(Happening.TORN_WRITE);
        }
    }

    /** The process is stopped and does not know it; time goes on. */
    public void pause() {
        trace("pauses");
        simulation.happens(Happening.PAUSE);
        isPaused = true;
    }

    public void resume() {
        trace("resumes");
        isPaused = false;
        life.runSoon();
    }

    void trace(String what) {
        simulation.trace(name, what);
    }

    /** Hands a task to the process that runs now, if it is still that one when the task is due. */
    Consumer<Runnable> here() {
        return life;
    }

    /** One process, from a start to the next crash. */
    private final class Life implements EventLoop, Consumer<Runnable> {
        private final int number;
        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private boolean isDue;
        private boolean isOver;

        Life(int number) {
            this.number = number;
        }

        @Override
        public void accept(Runnable task) {
            execute(task);
        }

        @Override
        public void execute(Runnable task) {
            if (!isOver) {
                tasks.add(task);
                runSoon();
            }
        }

        private void runSoon() {
            if (!isDue && !isPaused && !isOver && !tasks.isEmpty()) {
                isDue = true;
                simulation.after(TASK, this::runOne);
            }
        }

        private void runOne() {
            isDue = false;
            if (isPaused || isOver) {
                return;
            }
            Runnable task = tasks.poll();
            if (task != null) {
                task.run();
            }
            runSoon();
        }

        @Override
        public long nanoTime() {
            return clockStart + (long) (simulation.now() * speed);
        }

        @Override
        public Timer after(Duration delay, Runnable task) {
            Due due = new Due(task);
            simulation.after(Duration.ofNanos((long) (delay.toNanos() / speed)), () -> execute(due));
            return due;
        }

        @Override
        public String toString() {
            return name + " life " + number;
        }
    }

    private static final class Due implements EventLoop.Timer, Runnable {
        private @Nullable Runnable task;

        Due(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (task != null) {
                task.run();
            }
        }

        @Override
        public void cancel() {
            task = null;
        }
    }
}
