package dev.varve.blobstore.chunk;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes what can still be read of damaged segments again elsewhere. When what cannot be read came again from another node,
 * nothing in such a segment is wanted any more, and compaction removes it with its damage. Used by one thread at a time.
 */
final class Evacuation {
    private final SegmentTable table;
    private final Arrivals arrivals;
    private final List<Lane> lanes;

    Evacuation(SegmentTable table, Arrivals arrivals, List<Lane> lanes) {
        this.table = table;
        this.arrivals = arrivals;
        this.lanes = lanes;
    }

    /** Moves chunks of about so many bytes; returns how many. */
    int run(long bytes) {
        Set<Long> damaged = table.entries().stream()
                .filter(entry -> entry.row().damaged())
                .map(entry -> entry.segment().id())
                .collect(Collectors.toSet());
        if (damaged.isEmpty()) {
            return 0;
        }
        // They let go of damaged segments.
        lanes.forEach(Lane::sealIfSparse);
        int moved = 0;
        for (StoredChunk chunk : find(damaged, bytes)) {
            moved += arrivals.rewrite(chunk) ? 1 : 0;
        }
        for (SegmentTable.Entry entry : table.entries()) {
            SegmentRow row = entry.row();
            if (row.damaged() && row.liveCount() == 0 && !row.sealed()) {
                table.seal(entry.segment(), row.indexed());
            }
        }
        return moved;
    }

    private List<StoredChunk> find(Set<Long> segments, long bytes) {
        List<StoredChunk> found = new ArrayList<>();
        long[] left = {bytes};
        table.index().chunks(null, (id, row) -> {
            if (segments.contains(row.segment())) {
                found.add(StoredChunk.of(id, row));
                left[0] -= row.recordBytes();
            }
            return left[0] > 0;
        });
        return found;
    }
}
