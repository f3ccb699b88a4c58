package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records that were committed together; the format is on the package's page.
 *
 * @param log its name
 * @param first position of the first record
 * @param time of the leader, milliseconds since 1970
 * @param trusted never less than that of the entry before
 * @param previous entries before it without a gap, oldest first
 */
record Entry(String log, long epoch, long first, long time, long trusted, List<Link> previous, List<Logged> records) {
    static final int MOST_PREVIOUS = 16;
    static final int MAGIC = 0x564C4F47;
    private static final int FORMAT = 1;
    private static final int MOST_ORIGINS = Short.MAX_VALUE;
    /** Of one record beside its bytes. */
    static final int RECORD_OVERHEAD = Short.BYTES + Long.BYTES + Integer.BYTES;

    Entry {
        previous = List.copyOf(previous);
        records = List.copyOf(records);
    }

    long end() {
        return first + records.size();
    }

    ByteBuffer encoded() {
        Map<Origin, Integer> origins = new LinkedHashMap<>();
        int size = 1024;
        for (Logged record : records) {
            origins.putIfAbsent(record.origin(), origins.size());
            size += RECORD_OVERHEAD + record.bytes().remaining();
        }
        if (origins.size() > MOST_ORIGINS) {
            throw new IllegalArgumentException(origins.size() + " origins in an entry");
        }
        return Packed.of(size, to -> {
            to.anInt(MAGIC).aByte(FORMAT).text(log).aLong(epoch).aLong(first);
            to.aLong(time).aLong(trusted);
            to.aByte(previous.size());
            previous.forEach(to::link);
            to.aShort(origins.size());
            origins.keySet().forEach(origin -> to.text(origin.node()).aLong(origin.boot()));
            to.anInt(records.size());
            for (Logged record : records) {
                to.aShort(origins.getOrDefault(record.origin(), 0))
                        .aLong(record.number())
                        .bytes(record.bytes());
            }
        });
    }

    /** Reads what {@link #encoded} wrote; {@code CORRUPT} if it is something else. The records are views. */
    static Entry decoded(ByteBuffer bytes) {
        return Packed.read("an entry of a log", bytes.asReadOnlyBuffer(), from -> {
            int magic = from.getInt();
            int format = from.get();
            if (magic != MAGIC || format != FORMAT) {
                throw new IllegalArgumentException("magic " + Integer.toHexString(magic) + ", format " + format);
            }
            String log = Packed.text(from);
            long epoch = from.getLong();
            long first = from.getLong();
            long time = from.getLong();
            long trusted = from.getLong();
            int links = from.get();
            List<Link> previous = new ArrayList<>();
            for (int i = 0; i < links; i++) {
                previous.add(Packed.link(from));
            }
            int originCount = from.getShort();
            List<Origin> origins = new ArrayList<>();
            for (int i = 0; i < originCount; i++) {
                origins.add(new Origin(Packed.text(from), from.getLong()));
            }
            int count = from.getInt();
            List<Logged> records = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                records.add(new Logged(origins.get(from.getShort()), from.getLong(), Packed.slice(from)));
            }
            return new Entry(log, epoch, first, time, trusted, previous, records);
        });
    }
}
