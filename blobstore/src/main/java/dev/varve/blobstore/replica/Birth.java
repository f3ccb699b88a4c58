package dev.varve.blobstore.replica;

import dev.varve.model.cluster.ReplicaState;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Makes this node the first member of a group that never had one. Belongs to the loop. */
final class Birth {
    private final ReplicaContext context;
    private final GroupBirths births;
    private final Set<Integer> bornElsewhere = new HashSet<>();

    Birth(ReplicaContext context, GroupBirths births) {
        this.context = context;
        this.births = births;
    }

    /** Whether this node, which bootstraps, is the first; false also if that is not known now. */
    CompletableFuture<Boolean> claim(int group) {
        if (bornElsewhere.contains(group)) {
            return CompletableFuture.completedFuture(false);
        }
        UUID known = context.book().mark(group).claim();
        UUID claim = known != null
                ? known
                : new UUID(context.random().nextLong(), context.random().nextLong());
        // Nobody must be able to make it who does not have this disk as it is now.
        CompletableFuture<Void> written = known != null
                ? CompletableFuture.completedFuture(ReplicaBook.nothing())
                : context.book().set(group, new Mark(ReplicaState.BOOTSTRAP, claim));
        return written.thenCompose(nothing -> decide(group, claim)).exceptionally(failure -> false);
    }

    /** Whether a claim that may have been handed in is the fact; fails if that is not known. */
    CompletableFuture<Boolean> decide(int group, UUID claim) {
        return births.first(group, claim).thenApply(first -> {
            if (!first.equals(claim)) {
                bornElsewhere.add(group);
            }
            return first.equals(claim);
        });
    }
}
