package dev.varve.blobstore.shared;

/**
 * Who leads: a process, at one of its attempts. Two candidates that read the same register raise the epoch to the same
 * value, so the epoch alone does not tell them apart.
 *
 * @param boot unlike that of any other process on the node
 */
public record Owner(String node, long boot, long attempt) {
    static final Owner NOBODY = new Owner("", 0, 0);
}
