package dev.varve.blobstore.shared;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Requests of others that their leader answers as soon as it can. Belongs to the loop. */
final class Parked {
    /** How long somebody is kept waiting for a new entry. */
    static final Duration HOLD = Duration.ofMillis(500);

    static final Duration HOLD_END = Duration.ofMillis(250);

    private static final class Waiting {
        final long from;
        final CompletableFuture<Message.Answer> answer = new CompletableFuture<>();

        Waiting(long from) {
            this.from = from;
        }
    }

    private final LogCore core;
    private final Lead lead;
    private final List<Waiting> followers = new ArrayList<>();
    private final List<Waiting> ends = new ArrayList<>();

    Parked(LogCore core, Lead lead) {
        this.core = core;
        this.lead = lead;
    }

    CompletableFuture<Message.Answer> follow(Message.Follow request) {
        Waiting waiting = new Waiting(request.from());
        if (!lead.owns() || request.from() < lead.pointer().end()) {
            answer(waiting);
        } else {
            followers.add(waiting);
            core.loop().after(HOLD, () -> {
                if (followers.remove(waiting)) {
                    answer(waiting);
                }
            });
        }
        return waiting.answer;
    }

    private void answer(Waiting waiting) {
        waiting.answer.complete(lead.owns() ? entries(waiting.from) : notLeading());
    }

    private Message.Answer entries(long from) {
        Facts facts = Facts.of(lead.pointer());
        if (from >= facts.end()) {
            return Message.Answer.of(Message.Kind.DONE, facts);
        }
        Optional<List<Message.Item>> items =
                lead.ring().from(from, core.settings().entryBytes());
        return items.isPresent()
                ? new Message.Answer(Message.Kind.DONE, facts, 0, items.get())
                : Message.Answer.of(Message.Kind.GONE, facts);
    }

    private Message.Answer notLeading() {
        return Message.Answer.of(Message.Kind.NOT_LEADING, core.facts());
    }

    CompletableFuture<Message.Answer> end() {
        Waiting waiting = new Waiting(0);
        if (lead.knowsEnd()) {
            waiting.answer.complete(endNow());
        } else if (!lead.owns()) {
            waiting.answer.complete(notLeading());
        } else {
            ends.add(waiting);
            lead.mayWantLease();
            core.loop().after(HOLD_END, () -> {
                if (ends.remove(waiting)) {
                    waiting.answer.complete(
                            lead.owns() ? Message.Answer.of(Message.Kind.BUSY, core.facts()) : notLeading());
                }
            });
        }
        return waiting.answer;
    }

    private Message.Answer endNow() {
        return new Message.Answer(Message.Kind.DONE, Facts.of(lead.pointer()), lead.end(), List.of());
    }

    void answerFollowers() {
        List<Waiting> all = List.copyOf(followers);
        followers.clear();
        for (Waiting waiting : all) {
            if (waiting.from < lead.pointer().end()) {
                answer(waiting);
            } else {
                followers.add(waiting);
            }
        }
    }

    void answerEnds() {
        if (lead.knowsEnd()) {
            List<Waiting> all = List.copyOf(ends);
            ends.clear();
            all.forEach(waiting -> waiting.answer.complete(endNow()));
        }
    }

    /** Says that this node leads no more. */
    void answerAll() {
        List<Waiting> all = List.copyOf(followers);
        followers.clear();
        all.forEach(this::answer);
        List<Waiting> asked = List.copyOf(ends);
        ends.clear();
        asked.forEach(waiting -> waiting.answer.complete(notLeading()));
    }
}
