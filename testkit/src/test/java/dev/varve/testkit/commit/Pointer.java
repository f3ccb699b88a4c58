package dev.varve.testkit.commit;

/**
 * What a shard's register holds.
 *
 * @param head the last chunk of the log; empty if there is none
 * @param owner who wrote this, and at which of its attempts to lead
 */
record Pointer(long epoch, long seq, String head, String owner) {
    static final Pointer START = new Pointer(0, 0, "", "");
}
