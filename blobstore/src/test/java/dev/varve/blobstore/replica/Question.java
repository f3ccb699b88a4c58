package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** What goes between simulated nodes. */
sealed interface Question {
    int group();

    record Standing(int group) implements Question {}

    record Digest(int group) implements Question {}

    record Listing(int group, BitSet buckets, Optional<ChunkId> after, int most) implements Question {}

    record See(int group, List<ChunkFact> chunks, String source) implements Question {}

    record Fetch(ChunkFact chunk) implements Question {
        @Override
        public int group() {
            return chunk.id().group();
        }
    }

    record Put(ChunkFact chunk) implements Question {
        @Override
        public int group() {
            return chunk.id().group();
        }
    }

    /** A question with its number, or an answer to it; null is a refusal. */
    record Letter(long number, Object content, boolean isAnswer) {
        @Override
        public String toString() {
            return (isAnswer ? "↩" : "?") + number + " "
                    + (content instanceof Question question
                            ? question.getClass().getSimpleName() + " " + question.group()
                            : content.getClass().getSimpleName());
        }
    }
}
