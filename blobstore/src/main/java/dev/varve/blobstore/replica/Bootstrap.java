package dev.varve.blobstore.replica;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a replica whole: it has everything when in two rounds, one after the other, no member had anything that was not
 * here, and no node was silent that seems to be there and may be one. Belongs to the loop.
 */
final class Bootstrap {
    private static final int ROUNDS = 2;
    private static final int PATIENCE = 30;

    private final ReplicaContext context;
    private final Members members;
    private final Comparison comparison;
    private final Birth birth;

    Bootstrap(ReplicaContext context, Members members, Comparison comparison, Birth birth) {
        this.context = context;
        this.members = members;
        this.comparison = comparison;
        this.birth = birth;
    }

    /** Completes when the replica may be called a member. */
    CompletableFuture<Void> run(int group, BooleanSupplier isWanted) {
        return round(group, isWanted, 0, 0);
    }

    private CompletableFuture<Void> round(int group, BooleanSupplier isWanted, int equal, int lonely) {
        if (!isWanted.getAsBoolean()) {
            return CompletableFuture.failedFuture(Superseded.of(group));
        }
        return members.of(group).thenCompose(found -> {
            // One that leaves has everything, too, and cannot go before there are members again.
            List<String> sources = found.members().isEmpty() ? found.membersAndDraining() : found.members();
            if (sources.isEmpty()) {
                return begin(group, isWanted, lonely);
            }
            Tally tally = new Tally(found.allAnswered());
            return Futures.each(sources, node -> comparison.with(node, group).handle(tally::count))
                    .thenCompose(nothing -> {
                        int rounds = tally.isEqual ? equal + 1 : 0;
                        if (rounds == ROUNDS) {
                            return CompletableFuture.completedFuture(ReplicaBook.nothing());
                        }
                        long pause = context.settings().retryPause().toNanos() / (tally.isFailed ? 1 : 10);
                        return context.pause(Duration.ofNanos(pause))
                                .thenCompose(over -> round(group, isWanted, rounds, 0));
                    });
        });
    }

    /** What one round found. */
    private static final class Tally {
        private boolean isEqual;
        private boolean isFailed;

        Tally(boolean allAnswered) {
            isEqual = allAnswered;
            isFailed = !allAnswered;
        }

        boolean count(Comparison.@Nullable Result result, @Nullable Throwable failure) {
            isFailed |= result == null || result.copied() < result.missing();
            isEqual &= result != null && result.isEqual();
            return isEqual;
        }
    }

    /** There is no member anywhere: either there never was one, or all are gone or silent. */
    private CompletableFuture<Void> begin(int group, BooleanSupplier isWanted, int lonely) {
        if (lonely == PATIENCE) {
            context.alarms()
                    .raise(
                            ReplicaAlarms.NO_MEMBER,
                            group,
                            context.self(),
                            "group " + group + " had members once, and no node says that it is one");
        }
        return birth.claim(group).thenCompose(isFirst -> {
            if (isFirst) {
                return CompletableFuture.completedFuture(ReplicaBook.nothing());
            }
            return context.pause(context.settings().retryPause())
                    .thenCompose(over -> round(group, isWanted, 0, lonely + 1));
        });
    }
}
