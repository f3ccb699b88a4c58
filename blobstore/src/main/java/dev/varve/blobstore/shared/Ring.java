package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The newest entries of a log that its leader has written, as many as fit; without a gap. */
final class Ring {
    private record Kept(Link link, ByteBuffer bytes, long end) {}

    private final int mostBytes;
    private final ArrayDeque<Kept> kept = new ArrayDeque<>();
    private long bytes;
    private long end;

    Ring(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    void clear(long nextFirst) {
        kept.clear();
        bytes = 0;
        end = nextFirst;
    }

    void add(Link link, int records, ByteBuffer payload) {
        if (link.first() != end) {
            throw new IllegalStateException("an entry at " + link.first() + " behind " + end);
        }
        end += records;
        kept.addLast(new Kept(link, payload, end));
        bytes += payload.remaining();
        // Whoever follows closely gets the newest one in any case.
        while (bytes > mostBytes && kept.size() > 1) {
            bytes -= kept.removeFirst().bytes().remaining();
        }
    }

    /** Entries from the one that has the position on, but not too many at once; empty if it is not here. */
    Optional<List<Message.Item>> from(long position, int most) {
        Kept oldest = kept.peekFirst();
        if (oldest == null || position < oldest.link().first() || position >= end) {
            return Optional.empty();
        }
        List<Message.Item> items = new ArrayList<>();
        long total = 0;
        Iterator<Kept> all = kept.iterator();
        while (all.hasNext()) {
            Kept next = all.next();
            if (next.end() <= position) {
                continue;
            }
            total += next.bytes().remaining();
            if (!items.isEmpty() && total > most) {
                break;
            }
            items.add(new Message.Item(next.link(), next.bytes()));
        }
        return Optional.of(items);
    }
}
