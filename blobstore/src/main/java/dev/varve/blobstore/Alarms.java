package dev.varve.blobstore;

/**
 * What an operator has to know at once: something that must not be, and that the cluster does not put right by itself. An
 * alarm stands until it is cleared; raising one that stands only changes its text. Thread-safe; never waits.
 */
public interface Alarms {
    /** Alarms that nobody sees. */
    Alarms NONE = new Alarms() {
        @Override
        public void raise(String name, String subject, String text) {}

        @Override
        public void clear(String name, String subject) {}
    };

    /**
     * Raises an alarm.
     *
     * @param name of the kind of alarm, such as {@code metadata-diverged}
     * @param subject what it is about, such as {@code meta/07}; one alarm of a kind stands for each
     * @param text for the operator: what was seen, and what to do
     */
    void raise(String name, String subject, String text);

    /** Ends an alarm, if it stands. */
    void clear(String name, String subject);
}
