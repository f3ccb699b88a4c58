package dev.varve.blobstore;

import dev.varve.blobstore.shared.Pointer;
import java.util.Set;

/**
 * What disks say of a shared log whose register is lost.
 *
 * @param pointer what the register has to hold
 * @param entries that are reachable
 * @param disks that hold the newest entry, by the names of their nodes
 * @param applied position below which some node has applied all; 0 where that is not known
 */
public record RecoveredLog(String name, Pointer pointer, int entries, Set<String> disks, long applied) {
    public RecoveredLog {
        disks = Set.copyOf(disks);
    }

    public long epoch() {
        return pointer.epoch();
    }

    public long start() {
        return pointer.start();
    }

    public long end() {
        return pointer.end();
    }

    /** Of the newest checkpoint, or -1. */
    public long checkpoint() {
        return pointer.checkpoint().map(Pointer.Mark::position).orElse(-1L);
    }
}
