package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What nodes ask each other about a log, and answer; a request begins with the log's name. */
final class Message {
    static final String FOLLOW = "log/follow";
    static final String APPEND = "log/append";
    static final String END = "log/end";
    static final String YIELD = "log/yield";

    private Message() {}

    /** What comes from a leader's memory. */
    record Item(Link link, ByteBuffer bytes) {}

    /** What was asked of a node that may lead. */
    enum Kind {
        /** As asked. */
        DONE(0),
        /** This node does not lead, or not in that epoch; nothing was done. */
        NOT_LEADING(1),
        /** There is too much to do; nothing was done. */
        BUSY(2),
        /** Older than what the leader remembers. */
        GONE(3),
        /** The request had come before, or a later one: only the answer to that tells anything. */
        COPY(4);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        private static Kind of(int code) {
            return Arrays.stream(values())
                    .filter(kind -> kind.code == code)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("answer of kind " + code));
        }
    }

    /**
     * The answer to each of the requests.
     *
     * @param end all that was acknowledged is below; only of {@link #END}
     * @param items only of {@link #FOLLOW}
     */
    record Answer(Kind kind, Facts facts, long end, List<Item> items) {
        Answer {
            items = List.copyOf(items);
        }

        static Answer of(Kind kind, Facts facts) {
            return new Answer(kind, facts, 0, List.of());
        }

        ByteBuffer encoded() {
            int size = 256;
            for (Item item : items) {
                size += Long.BYTES
                        + Packed.REF_BYTES
                        + Integer.BYTES
                        + item.bytes().remaining();
            }
            return Packed.of(size, to -> {
                to.aByte(kind.code);
                facts.write(to);
                to.aLong(end).anInt(items.size());
                items.forEach(item -> to.link(item.link()).bytes(item.bytes()));
            });
        }

        static Answer decoded(ByteBuffer bytes) {
            return Packed.read("an answer about a log", bytes.duplicate(), from -> {
                Kind kind = Kind.of(from.get());
                Facts facts = Facts.read(from);
                long end = from.getLong();
                int count = from.getInt();
                List<Item> items = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    items.add(new Item(Packed.link(from), Packed.slice(from)));
                }
                return new Answer(kind, facts, end, items);
            });
        }
    }

    /** Entries from a position on, if need be as soon as there are any. */
    record Follow(long from) {
        ByteBuffer encoded(String log) {
            return Packed.of(to -> to.text(log).aLong(from));
        }

        static Follow decoded(ByteBuffer from) {
            return new Follow(from.getLong());
        }
    }

    /**
     * Records for the leader of an epoch, in order of their numbers.
     *
     * @param request counts what the origin sends, also what it sends again: a copy that the network makes has the same
     */
    record Append(long epoch, Origin origin, long request, List<Logged> records) {
        Append {
            records = List.copyOf(records);
        }

        ByteBuffer encoded(String log) {
            int size = 256;
            for (Logged record : records) {
                size += Entry.RECORD_OVERHEAD + record.bytes().remaining();
            }
            return Packed.of(size, to -> {
                to.text(log).aLong(epoch).text(origin.node()).aLong(origin.boot());
                to.aLong(request).anInt(records.size());
                records.forEach(record -> to.aLong(record.number()).bytes(record.bytes()));
            });
        }

        /** The records are copies. */
        static Append decoded(ByteBuffer from) {
            long epoch = from.getLong();
            Origin origin = new Origin(Packed.text(from), from.getLong());
            long request = from.getLong();
            int count = from.getInt();
            List<Logged> records = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long number = from.getLong();
                ByteBuffer bytes = Packed.slice(from);
                records.add(new Logged(
                        origin,
                        number,
                        ByteBuffer.allocate(bytes.remaining()).put(bytes).flip()));
            }
            return new Append(epoch, origin, request, records);
        }
    }

    /** A request that is nothing but the log's name. */
    static ByteBuffer plain(String log) {
        return Packed.of(to -> to.text(log));
    }
}
