package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.model.host.EventLoop;
import dev.varve.model.host.Network;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Questions and answers over a simulated network. */
final class SimAsks implements ReplicaPeers {
    private static final Duration TIMEOUT = Duration.ofMillis(800);
    private static final String REFUSED = "refused";

    private final EventLoop loop;
    private final Network<Question.Letter> wire;
    private final Map<Long, CompletableFuture<Object>> waiting = new HashMap<>();
    private long number;

    SimAsks(
            EventLoop loop,
            Network<Question.Letter> wire,
            BiFunction<String, Question, CompletableFuture<?>> answering,
            long firstNumber) {
        this.loop = loop;
        this.wire = wire;
        number = firstNumber;
        wire.receive((from, letter) -> {
            if (letter.isAnswer()) {
                CompletableFuture<Object> asked = waiting.remove(letter.number());
                if (asked == null) {
                    return;
                }
                if (letter.content().equals(REFUSED)) {
                    asked.completeExceptionally(new IllegalStateException(REFUSED));
                } else {
                    asked.complete(letter.content());
                }
                return;
            }
            var _ = answering
                    .apply(from, (Question) letter.content())
                    .whenComplete((value, failure) -> wire.send(
                            from, new Question.Letter(letter.number(), failure == null ? value : REFUSED, true)));
        });
    }

    CompletableFuture<Object> ask(String node, Question question) {
        CompletableFuture<Object> answer = new CompletableFuture<>();
        long own = number++;
        waiting.put(own, answer);
        wire.send(node, new Question.Letter(own, question, false));
        loop.after(TIMEOUT, () -> {
            if (waiting.remove(own) != null) {
                answer.completeExceptionally(new IllegalStateException("no answer"));
            }
        });
        return answer;
    }

    @Override
    public CompletableFuture<Standing> standing(String node, int group) {
        return ask(node, new Question.Standing(group)).thenApply(Standing.class::cast);
    }

    @Override
    public CompletableFuture<GroupDigest> digest(String node, int group) {
        return ask(node, new Question.Digest(group)).thenApply(GroupDigest.class::cast);
    }

    @Override
    @SuppressWarnings("unchecked")
    public CompletableFuture<List<ChunkFact>> list(
            String node, int group, BitSet buckets, Optional<ChunkId> after, int most) {
        return ask(node, new Question.Listing(group, buckets, after, most)).thenApply(value -> (List<ChunkFact>) value);
    }

    @Override
    public CompletableFuture<Seen> see(String node, int group, List<ChunkFact> chunks, String source) {
        return ask(node, new Question.See(group, chunks, source)).thenApply(Seen.class::cast);
    }
}
