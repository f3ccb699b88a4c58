package dev.varve.blobstore.shared;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the entries between a position and the end that a pointer names: first backwards, from each entry only which are
 * before it, then forwards, several at a time. Belongs to the loop; used once.
 */
final class Chain {
    private static final int MOST_READS = 8;
    private static final long MOST_BYTES = 16L << 20;
    private static final Duration FULL_PAUSE = Duration.ofMillis(20);

    private final LogCore core;
    private final Follow follow;
    private final Pointer pointer;
    private final ArrayDeque<Link> links = new ArrayDeque<>();
    /** Read and not yet handed on, by position. */
    private final Map<Long, ByteBuffer> read = new HashMap<>();

    private final ArrayDeque<Link> reading = new ArrayDeque<>();
    private long readingBytes;
    private boolean isOver;

    Chain(LogCore core, Follow follow, Pointer pointer) {
        this.core = core;
        this.follow = follow;
        this.pointer = pointer;
    }

    void read() {
        Optional<Link> head = pointer.head();
        if (head.isEmpty()) {
            end(Optional.of(new VarveException(
                    ErrorCode.CORRUPT, "log %s names no entry and ends at %d".formatted(core.name(), pointer.end()))));
            return;
        }
        links.add(head.get());
        collect();
    }

    /** Goes back until the position is reached. */
    private void collect() {
        Link oldest = links.getFirst();
        if (oldest.first() <= follow.fetched()) {
            readAhead();
            return;
        }
        core.when(
                core.chunks().read(oldest.ref()),
                bytes -> prepend(oldest, bytes),
                failure -> end(Optional.of(failure)));
    }

    private void prepend(Link oldest, ByteBuffer bytes) {
        if (!mayGoOn(oldest, bytes)) {
            return;
        }
        List<Link> before;
        try {
            before = new ArrayList<>(Entry.decoded(bytes).previous());
        } catch (VarveException e) {
            end(Optional.of(e));
            return;
        }
        while (before.size() > 1 && before.get(1).first() <= follow.fetched()) {
            before.removeFirst();
        }
        if (before.isEmpty() || before.getLast().first() >= oldest.first()) {
            end(Optional.of(new VarveException(
                    ErrorCode.CORRUPT,
                    "log %s has a gap before the entry at %d".formatted(core.name(), oldest.first()))));
            return;
        }
        before.reversed().forEach(links::addFirst);
        collect();
    }

    private boolean mayGoOn(Link link, ByteBuffer bytes) {
        if (isOver || follow.isClosed()) {
            return false;
        }
        if (!core.isIntact(link.ref(), bytes)) {
            end(Optional.of(new VarveException(
                    ErrorCode.CORRUPT, "the entry at %d has another checksum".formatted(link.first()))));
            return false;
        }
        return true;
    }

    private void readAhead() {
        while (!isOver
                && !links.isEmpty()
                && reading.size() < MOST_READS
                && (reading.isEmpty() || readingBytes + links.getFirst().ref().length() <= MOST_BYTES)) {
            if (follow.isFull()) {
                if (reading.isEmpty()) {
                    core.loop().after(FULL_PAUSE, this::readAhead);
                }
                return;
            }
            Link next = links.removeFirst();
            reading.add(next);
            readingBytes += next.ref().length();
            core.when(
                    core.chunks().read(next.ref()),
                    bytes -> {
                        if (mayGoOn(next, bytes)) {
                            read.put(next.first(), bytes);
                            handOn();
                        }
                    },
                    failure -> end(Optional.of(failure)));
        }
        if (reading.isEmpty() && links.isEmpty()) {
            end(Optional.empty());
        }
    }

    private void handOn() {
        while (!reading.isEmpty()) {
            Link next = reading.getFirst();
            ByteBuffer bytes = read.remove(next.first());
            if (bytes == null) {
                break;
            }
            reading.removeFirst();
            readingBytes -= next.ref().length();
            if (!handOn(next, bytes)) {
                return;
            }
        }
        readAhead();
    }

    private boolean handOn(Link link, ByteBuffer bytes) {
        try {
            follow.take(link, Entry.decoded(bytes), bytes.remaining());
            return true;
        } catch (VarveException e) {
            end(Optional.of(e));
            return false;
        }
    }

    private void end(Optional<Throwable> failure) {
        if (!isOver) {
            isOver = true;
            follow.chunksRead(failure);
        }
    }
}
