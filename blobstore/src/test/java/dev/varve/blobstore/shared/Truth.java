package dev.varve.blobstore.shared;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that any node has seen of one log: the same everywhere, each record once, what was acknowledged, nothing refused. */
final class Truth {
    private final List<Long> records = new ArrayList<>();
    private final Map<Long, Long> positions = new HashMap<>();
    private final Map<Long, Long> acknowledged = new HashMap<>();
    private final Set<Long> refused = new HashSet<>();
    private int fillers;
    private long acknowledgedEnd;
    private long trusted;
    private Optional<String> problem = Optional.empty();

    Optional<String> problem() {
        return problem;
    }

    long end() {
        return records.size();
    }

    void mustHold(boolean isTrue, String otherwise) {
        if (!isTrue && problem.isEmpty()) {
            problem = Optional.of(otherwise);
        }
    }

    /** Tells records apart that are nobody's operation. */
    int nextFiller() {
        return fillers++;
    }

    private static long name(ByteBuffer record) {
        return record.getLong(record.position());
    }

    private static String text(long record) {
        return "operation " + (record >> Integer.SIZE) + " attempt " + (int) record;
    }

    void seen(String node, long position, long time, ByteBuffer bytes) {
        long record = name(bytes);
        mustHold(position <= records.size(), node + " sees " + position + " when nobody has seen " + records.size());
        if (position < records.size()) {
            long before = records.get((int) position);
            mustHold(before == record, node + " sees " + text(record) + " at " + position + ", others " + text(before));
        } else if (position == records.size()) {
            mustHold(time >= trusted, "the trusted time of " + position + " is " + time + " after " + trusted);
            trusted = Math.max(trusted, time);
            records.add(record);
            Long twice = positions.put(record, position);
            mustHold(twice == null, text(record) + " is at " + twice + " and " + position);
            mustHold(!refused.contains(record), text(record) + " was refused and is at " + position);
        }
    }

    void acknowledged(ByteBuffer bytes, long position) {
        long record = name(bytes);
        acknowledged.put(record, position);
        acknowledgedEnd = Math.max(acknowledgedEnd, position + 1);
        Long at = positions.get(record);
        mustHold(at != null && at == position, text(record) + " was acknowledged at " + position + " and is at " + at);
    }

    void refused(ByteBuffer bytes) {
        long record = name(bytes);
        refused.add(record);
        mustHold(!positions.containsKey(record), text(record) + " is refused and is at " + positions.get(record));
    }

    /** The position after the last one that was acknowledged anywhere. */
    long acknowledgedEnd() {
        return acknowledgedEnd;
    }

    long acknowledged() {
        return acknowledged.size();
    }
}
