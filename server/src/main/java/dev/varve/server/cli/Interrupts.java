package dev.varve.server.cli;

/** Runs something when the process is asked to end (Ctrl-C), until closed. */
final class Interrupts implements AutoCloseable {
    private final Thread hook;
    private boolean ended;

    private Interrupts(Thread hook) {
        this.hook = hook;
    }

    static Interrupts run(Runnable action) {
        Thread hook = new Thread(action, "varve-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interrupts(hook);
    }

    @Override
    public void close() {
        if (ended) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The process is already ending and the action runs or has run.
            ended = true;
        }
    }
}
