package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FileWindow;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the index up to what the segments say, when a store is opened.
 *
 * <p>All chunks are taken in before any tombstone, since a chunk and its tombstone may be in any two segments. What the
 * tombstones say, and how far segments were read, then becomes known at once; so an interrupted recovery repeats itself.
 * A new index is built the same way from the beginning of every segment, and from the plain files, whose entries may have
 * been lost with a segment; if that is interrupted, it begins anew.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final String COMPLETE = "complete";
    private static final int BATCH = 10_000;

    private final Disk disk;
    private final Path folder;
    private final UUID diskUuid;
    private final SegmentTable table;
    private final ChunkFiles files;
    private final Damages damages;
    private final MendLog mended;

    Recovery(
            Disk disk,
            Path folder,
            UUID diskUuid,
            SegmentTable table,
            ChunkFiles files,
            Damages damages,
            MendLog mended) {
        this.disk = disk;
        this.folder = folder;
        this.diskUuid = diskUuid;
        this.table = table;
        this.files = files;
        this.damages = damages;
        this.mended = mended;
    }

    /** Whether an index was built to its end. */
    static boolean isComplete(ChunkIndex index) {
        return index.note(COMPLETE).isPresent();
    }

    /** Segments by id; drafts of segments are removed. */
    static Map<Long, Path> list(Path folder) throws IOException {
        Map<Long, Path> segments = new TreeMap<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
            for (Path path : found) {
                long id = Segment.idOf(path);
                if (id != 0) {
                    segments.put(id, path);
                } else if (path.toString().endsWith(".new")) {
                    Files.delete(path);
                }
            }
        }
        return segments;
    }

    void run(Map<Long, Path> paths) throws IOException {
        boolean isNew = !isComplete(table.index());
        if (isNew && !paths.isEmpty()) {
            mended.add(
                    folder.resolveSibling(ChunkStore.INDEX),
                    "the chunk index was missing or damaged and is built from " + paths.size() + " segments");
        }
        Map<Long, SegmentRow> rows = new HashMap<>();
        for (SegmentRow row : table.index().segments()) {
            rows.put(row.id(), row);
            Path path = folder.resolve(Segment.fileName(row.id(), row.group()));
            table.add(Segment.of(path, diskUuid), row);
        }
        List<SegmentTable.SegmentTail> tails = new ArrayList<>();
        for (Path path : paths.values()) {
            Segment segment = Segment.of(path, diskUuid);
            SegmentRow row = rows.remove(segment.id());
            if (row == null) {
                row = SegmentRow.of(segment);
                table.add(segment, row);
                checkHeader(segment);
            }
            if (isToRead(segment, row)) {
                tails.add(read(segment, row.indexed(), isNew));
            }
        }
        files.delete(finish(tails, isNew));
        for (long gone : rows.keySet()) {
            missing(gone);
        }
        if (isNew) {
            table.index().setNote(COMPLETE, new byte[0]);
        }
        if (isNew || !tails.isEmpty()) {
            table.index().flush();
        }
    }

    private void checkHeader(Segment segment) throws IOException {
        try (FileWindow file = new FileWindow(segment.path(), Segment.HEADER_BYTES)) {
            int length = (int) Math.min(Segment.HEADER_BYTES, file.size());
            if (!segment.isHeader(file.at(0, length))) {
                damages.report(segment.path(), 0, null, "the header of the segment is damaged");
            }
        }
    }

    private boolean isToRead(Segment segment, SegmentRow row) throws IOException {
        long size = Files.size(segment.path());
        if (size < row.indexed() && !row.damaged()) {
            damages.report(
                    segment.path(),
                    size,
                    null,
                    "the file ends here; at least " + row.indexed() + " bytes were written");
        }
        return !row.sealed() && size > row.indexed() && (!row.damaged() || row.indexed() == Segment.HEADER_BYTES);
    }

    private SegmentTable.SegmentTail read(Segment segment, long from, boolean isNew) throws IOException {
        SegmentScan.Result found = SegmentScan.scan(segment, from);
        for (SegmentScan.Gap gap : found.gaps()) {
            damages.report(segment.path(), gap.from(), null, "unreadable up to offset " + gap.to());
        }
        settle(segment, found);
        List<SegmentScan.Found> records = found.records();
        for (int start = 0; start < records.size(); start += BATCH) {
            table.replayChunks(segment, records.subList(start, Math.min(records.size(), start + BATCH)));
        }
        // Of a new index there may be more tombstones than memory; those are read once more.
        List<SegmentScan.Found> tombstones = isNew ? List.of() : tombstones(found);
        return new SegmentTable.SegmentTail(segment, tombstones, found.end(), found.isSealed());
    }

    private static List<SegmentScan.Found> tombstones(SegmentScan.Result found) {
        return found.records().stream()
                .filter(record -> record.header().kind() == RecordHeader.Kind.TOMBSTONE)
                .toList();
    }

    /** Cuts a torn tail; and makes durable what was read, for it may be in memory only and is relied on from here. */
    private void settle(Segment segment, SegmentScan.Result found) throws IOException {
        long size = Files.size(segment.path());
        boolean isTorn = found.end() < size && found.gaps().isEmpty();
        if (!isTorn && found.records().isEmpty()) {
            return;
        }
        try (Disk.Output output = disk.output(segment.path(), size)) {
            if (isTorn) {
                LOG.warn(
                        "cut a torn tail of a segment file={} offset={} bytes={}",
                        segment.path(),
                        found.end(),
                        size - found.end());
                output.truncate(found.end());
            }
            output.force();
        }
    }

    private List<ChunkId> finish(List<SegmentTable.SegmentTail> tails, boolean isNew) throws IOException {
        if (!isNew) {
            return table.replayTombstones(tails);
        }
        files.list((id, isSidecar) -> {
            if (isSidecar) {
                adopt(id);
            }
        });
        List<ChunkId> unwanted = new ArrayList<>();
        for (SegmentTable.SegmentTail tail : tails) {
            List<SegmentScan.Found> tombstones = tombstones(SegmentScan.scan(tail.segment(), Segment.HEADER_BYTES));
            unwanted.addAll(table.replayTombstones(
                    List.of(new SegmentTable.SegmentTail(tail.segment(), tombstones, tail.end(), tail.isSealed()))));
        }
        return unwanted;
    }

    private void adopt(ChunkId id) throws IOException {
        Sidecar sidecar = Sidecar.read(files.sidecarPath(id));
        if (sidecar != null && sidecar.id().equals(id) && Files.exists(files.path(id))) {
            ChunkRow row =
                    new ChunkRow(true, 0, 0, sidecar.length(), sidecar.blocks().crc(), sidecar.gcBirth(), 0);
            table.adopt(id, row);
        }
    }

    /** A segment without file: nothing is lost if nothing in it was wanted. */
    private void missing(long id) {
        SegmentTable.Entry entry = table.entry(id);
        if (entry == null) {
            return;
        }
        if (entry.row().liveCount() == 0) {
            mended.add(entry.segment().path(), "the segment is missing; nothing in it was wanted");
            table.remove(id);
        } else if (!entry.row().damaged()) {
            damages.report(
                    entry.segment().path(),
                    0,
                    null,
                    "the segment is missing, and with it " + entry.row().liveCount() + " chunks");
        }
    }
}
