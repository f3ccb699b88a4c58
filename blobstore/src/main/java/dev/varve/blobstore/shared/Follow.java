package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.model.host.Register.Read;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Gets the entries of a log in order, from the leader's memory while there is one, else from the register and the chunks,
 * and hands them on. Belongs to the loop.
 */
final class Follow {
    static final Duration ASK_TIMEOUT = Parked.HOLD.plusSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final LogCore core;
    private final Delivery delivery;
    private final ArrayDeque<Link> recent = new ArrayDeque<>();
    private long fetched;
    private long seen;
    private long undelivered;
    /** A step is under way, or due after a pause. */
    private boolean isBusy;

    private boolean isClosed;
    private boolean mayUsePrevious;

    Follow(LogCore core, long from, Delivery delivery) {
        this.core = core;
        this.fetched = from;
        this.seen = from;
        this.delivery = delivery;
    }

    /** The position after the last record that was got and handed on. */
    long fetched() {
        return fetched;
    }

    /** The position after the last record that has been seen. */
    long seen() {
        return seen;
    }

    void close() {
        isClosed = true;
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Entries without a gap up to one, oldest first. */
    List<Link> linksTo(Link head) {
        return head.equals(recent.peekLast()) ? List.copyOf(recent) : List.of(head);
    }

    /** Does the next step, if none is under way. */
    void run() {
        if (isBusy || isClosed || isFull()) {
            return;
        }
        Lead lead = core.lead();
        if (lead.owns()) {
            if (fetched < lead.pointer().end()) {
                Optional<List<Message.Item>> items =
                        lead.ring().from(fetched, core.settings().entryBytes());
                if (items.isPresent()) {
                    take(items.get());
                    core.loop().execute(this::run);
                } else {
                    readChunks(lead.pointer());
                }
            }
            return;
        }
        Optional<String> leader = core.leaderToAsk();
        if (leader.isPresent()) {
            ask(leader.get());
        } else {
            readRegister();
        }
    }

    boolean isFull() {
        return undelivered > core.settings().deliveryBytes();
    }

    private void pause() {
        isBusy = true;
        core.loop().after(PAUSE, () -> {
            isBusy = false;
            run();
        });
    }

    private void ask(String leader) {
        isBusy = true;
        long sent = core.loop().nanoTime();
        core.ask(
                leader,
                Message.FOLLOW,
                new Message.Follow(fetched).encoded(core.name()),
                ASK_TIMEOUT,
                answer -> {
                    isBusy = false;
                    core.learn(answer.facts());
                    switch (answer.kind()) {
                        case DONE, GONE -> {
                            take(answer.items());
                            if (answer.kind() == Message.Kind.GONE) {
                                readRegister();
                            } else {
                                run();
                            }
                        }
                        case NOT_LEADING -> {
                            core.election().doesNotLead(leader, answer.facts());
                            readRegister();
                        }
                        case BUSY, COPY -> pause();
                    }
                },
                failure -> {
                    isBusy = false;
                    core.election().silent(leader, sent);
                    readRegister();
                });
    }

    /** What is learned here holds for good; only the newest end may be unknown. */
    private void readRegister() {
        if (isBusy || isClosed) {
            return;
        }
        isBusy = true;
        core.loop().then(core.register().read(), read -> {
            isBusy = false;
            switch (read) {
                case Read.Failed<Pointer> failed -> pause();
                case Read.Value<Pointer>(long at, Pointer found) -> {
                    core.learn(found);
                    if (found.end() > fetched || found.start() > fetched) {
                        readChunks(found);
                    } else {
                        pause();
                    }
                }
            }
        });
    }

    private void readChunks(Pointer pointer) {
        if (isBusy || isClosed) {
            return;
        }
        isBusy = true;
        if (pointer.start() > fetched) {
            skip(pointer);
        } else {
            new Chain(core, this, pointer).read();
        }
    }

    private void skip(Pointer pointer) {
        Optional<Pointer.Mark> newest = mayUsePrevious ? pointer.previous() : pointer.checkpoint();
        mayUsePrevious = false;
        Optional<Pointer.Mark> mark = newest.filter(found -> found.position() >= pointer.start());
        if (mark.isEmpty()) {
            skipTo(pointer.start(), ByteBuffer.allocate(0));
            chunksRead(Optional.empty());
            return;
        }
        core.when(
                core.chunks().read(mark.get().manifest()),
                manifest -> {
                    if (isClosed) {
                        return;
                    }
                    try {
                        skipTo(mark.get().position(), contentOf(mark.get(), manifest));
                        chunksRead(Optional.empty());
                    } catch (VarveException e) {
                        skipFailed(pointer, e);
                    }
                },
                failure -> skipFailed(pointer, failure));
    }

    private ByteBuffer contentOf(Pointer.Mark mark, ByteBuffer bytes) {
        Manifest manifest = Manifest.decoded(bytes);
        boolean isRight = manifest.log().equals(core.name()) && manifest.position() == mark.position();
        if (!isRight || !core.isIntact(mark.manifest(), bytes)) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "the manifest at %d is one of log %s at %d, or has another checksum"
                            .formatted(mark.position(), manifest.log(), manifest.position()));
        }
        return manifest.bytes();
    }

    private void skipFailed(Pointer pointer, Throwable failure) {
        mayUsePrevious = pointer.previous()
                .filter(mark -> mark.position() >= pointer.start())
                .isPresent();
        chunksRead(Optional.of(failure));
    }

    private void skipTo(long position, ByteBuffer manifest) {
        fetched = position;
        recent.clear();
        core.outbox().skipped();
        delivery.skip(position, manifest.asReadOnlyBuffer(), () -> {
            seen = position;
            core.progress();
        });
        core.fetchedMore();
    }

    /** A chain or a checkpoint has been read, or not. */
    void chunksRead(Optional<Throwable> failure) {
        isBusy = false;
        if (failure.isPresent()) {
            core.warn("cannot read entries at " + fetched, failure.get());
            pause();
        } else {
            core.loop().execute(this::run);
        }
    }

    private void take(List<Message.Item> items) {
        try {
            for (Message.Item item : items) {
                if (!core.isIntact(item.link().ref(), item.bytes())) {
                    throw new VarveException(
                            ErrorCode.CORRUPT,
                            "the entry at %d has another checksum"
                                    .formatted(item.link().first()));
                }
                take(item.link(), Entry.decoded(item.bytes()), item.bytes().remaining());
            }
        } catch (VarveException e) {
            core.warn("cannot use an entry that came for " + fetched, e);
            pause();
        }
    }

    /** Hands on what is new in an entry. */
    void take(Link link, Entry entry, int bytes) {
        if (isClosed || entry.end() <= fetched) {
            return;
        }
        if (!entry.log().equals(core.name()) || entry.first() != link.first() || entry.first() > fetched) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "log %s at %d got an entry of %s at %d instead of %d"
                            .formatted(core.name(), fetched, entry.log(), entry.first(), link.first()));
        }
        int from = (int) (fetched - entry.first());
        List<ByteBuffer> records = new ArrayList<>();
        List<@Nullable Object> own = new ArrayList<>();
        for (int i = from; i < entry.records().size(); i++) {
            Logged record = entry.records().get(i);
            records.add(record.bytes().asReadOnlyBuffer());
            own.add(core.outbox().found(record, entry.first() + i));
        }
        recent.add(link);
        if (recent.size() > Entry.MOST_PREVIOUS) {
            recent.remove();
        }
        long first = fetched;
        fetched = entry.end();
        undelivered += bytes;
        delivery.records(new Delivery.Batch(first, entry.time(), entry.trusted(), records, own), () -> {
            undelivered -= bytes;
            seen = first + records.size();
            core.progress();
        });
        core.fetchedMore();
    }

    static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }
}
