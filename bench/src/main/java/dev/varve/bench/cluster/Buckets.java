package dev.varve.bench.cluster;

import dev.varve.testkit.history.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What workloads that write keys and values have in common. */
final class Buckets {
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private Buckets() {}

    static void make(Door door, String bucket) throws IOException, InterruptedException {
        Cluster.Member first = door.members().get(0);
        door.must(
                () -> {
                    Reply reply = door.put(first, "/api/v1/kv/" + bucket, new byte[0], Map.of());
                    // Made by a try of which nobody knew.
                    return reply.status() == 409 ? new Reply.Done(201, Map.of(), new byte[0]) : reply;
                },
                AT_MOST);
    }

    static String path(String bucket, String key) {
        return "/api/v1/kv/" + bucket + "/" + key;
    }

    /** A write that is as it should be may be refused for lack of something, but never as the client's mistake. */
    static void noteIfOdd(Reply.Refused refused, Collection<String> odd) {
        if (refused.status() >= 400 && refused.status() < 500 && refused.status() != 429 && refused.status() != 408) {
            odd.add("a good write was refused: " + refused.reason());
        }
    }

    /** Tries again for a while. */
    static void until(BooleanSupplier works, String what, Duration atMost) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!works.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("cannot " + what + " for " + atMost.toSeconds() + " s, with nothing broken");
            }
            Thread.sleep(100);
        }
    }

    static <I, O> List<String> wrong(Verdict<I, O> verdict) {
        return switch (verdict) {
            case Verdict.Linearizable<I, O> right -> List.of();
            case Verdict.Violation<I, O> violation -> List.of(violation.toString());
            case Verdict.Unknown<I, O>(String key, String limit) ->
                List.of("UNDECIDED: the checker does not know about key " + key + ": " + limit);
        };
    }
}
