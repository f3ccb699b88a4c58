package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FileWindow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what is live out of a segment that holds little of it, and deletes the segment. Used by one thread at a time,
 * which is never interrupted.
 *
 * <p>Order: copy, verifying every checksum, and fsync; let the index point to the copies; make the index durable; delete.
 * A chunk deleted meanwhile gets a second tombstone for its copy. A tombstone is dropped when the segment it speaks of is
 * gone; while any segment still holds old copies, which only a crash leaves behind, all tombstones are kept.
 */
final class SegmentCompaction {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentCompaction.class);
    private static final int STAGING_BYTES = 1 << 20;
    private static final int WINDOW_BYTES = 1 << 20;

    private final ChunkStoreConfig config;
    private final Disk disk;
    private final SegmentTable table;
    private final SegmentFactory factory;
    private final ChunkFiles files;
    private final ChunkReader reader;
    private final Damages damages;
    private final Space space;
    private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES);

    SegmentCompaction(
            ChunkStoreConfig config,
            Disk disk,
            SegmentTable table,
            SegmentFactory factory,
            ChunkFiles files,
            ChunkReader reader,
            Damages damages,
            Space space) {
        this.config = config;
        this.disk = disk;
        this.table = table;
        this.factory = factory;
        this.files = files;
        this.reader = reader;
        this.damages = damages;
        this.space = space;
    }

    /** Frees the segment that is least live; false if none is worth it. */
    boolean once() throws IOException {
        Optional<SegmentTable.Entry> next = table.entries().stream()
                .filter(this::isWorthIt)
                .min(Comparator.comparingLong(
                        entry -> entry.row().liveBytes() + entry.row().tombstoneBytes()));
        if (next.isEmpty() || space.freeBytes() < bytesToCopy(next.get())) {
            return false;
        }
        return compact(next.get());
    }

    private boolean isWorthIt(SegmentTable.Entry entry) {
        SegmentRow row = entry.row();
        return row.damaged()
                ? row.liveCount() == 0 && row.sealed()
                : row.sealed() && row.isBelow(config.compactPercent());
    }

    private static long bytesToCopy(SegmentTable.Entry entry) {
        return entry.row().liveBytes() + entry.row().tombstoneBytes() + RecordHeader.BARE_BYTES;
    }

    private boolean compact(SegmentTable.Entry from) throws IOException {
        Segment source = from.segment();
        List<SegmentTable.Move> moves = new ArrayList<>();
        SegmentWriter out = null;
        try {
            if (Files.exists(source.path())) {
                out = copy(from, moves);
                if (out == null && from.row().liveCount() > 0) {
                    return false;
                }
            }
            if (out != null) {
                finish(source, out, moves);
            }
        } finally {
            if (out != null) {
                out.close();
            }
        }
        SegmentTable.Entry now = table.entry(source.id());
        if (now == null || now.row().liveCount() > 0) {
            LOG.warn("a segment is not empty after compaction file={}", source.path());
            return false;
        }
        table.index().flush();
        disk.delete(source.path());
        disk.syncDirectory(config.directory().resolve(ChunkStore.SEGMENTS));
        table.remove(source.id());
        reader.forget(source.path());
        damages.forget(source.path());
        return true;
    }

    /** Copies what is wanted; null if that is nothing, or if something of it is damaged. */
    private @Nullable SegmentWriter copy(SegmentTable.Entry from, List<SegmentTable.Move> moves) throws IOException {
        Segment source = from.segment();
        long segmentEnd = from.row().indexed();
        boolean keepsAll = table.entries().stream()
                .anyMatch(entry -> entry.row().stale() && entry.segment().id() != source.id());
        SegmentWriter out = null;
        boolean isDone = false;
        try (FileWindow file = new FileWindow(source.path(), WINDOW_BYTES)) {
            long end = Math.min(segmentEnd, file.size());
            long offset = Segment.HEADER_BYTES;
            while (offset + RecordHeader.BARE_BYTES <= end) {
                RecordHeader header = RecordHeader.read(file.at(offset, RecordHeader.BYTES), 0, source.salt());
                if (header == null || offset + header.recordBytes() > end) {
                    if (from.row().damaged()) {
                        break;
                    }
                    damages.report(source.path(), offset, null, "there is no record where one was written");
                    return null;
                }
                SegmentScan.Found found = new SegmentScan.Found(offset, header);
                if (isWanted(source, found, keepsAll)) {
                    ByteBuffer record = file.at(offset, header.recordBytes());
                    int bad = SegmentScan.firstBadByte(record, header);
                    if (bad >= 0) {
                        damages.report(source.path(), offset + bad, header.id(), "a block does not match its checksum");
                        return null;
                    }
                    if (out == null) {
                        out = factory.create(source.group(), staging);
                    }
                    moves.add(new SegmentTable.Move(offset, append(out, record, header)));
                }
                offset += header.recordBytes();
            }
            isDone = true;
            return out;
        } finally {
            if (!isDone && out != null) {
                out.close();
            }
        }
    }

    private boolean isWanted(Segment source, SegmentScan.Found found, boolean keepsAll) {
        RecordHeader header = found.header();
        return switch (header.kind()) {
            case PUT, FILE -> {
                ChunkRow row = table.find(header.id());
                yield row != null && row.isAt(source.id(), found.offset());
            }
            case TOMBSTONE ->
                keepsAll
                        || (header.extent() != source.id() && table.entry(header.extent()) != null)
                        || (Files.exists(files.path(header.id())) && table.find(header.id()) == null);
            case MARK, SEAL -> false;
        };
    }

    private static SegmentScan.Found append(SegmentWriter out, ByteBuffer record, RecordHeader header)
            throws IOException {
        Blocks blocks = new Blocks(record.slice(RecordHeader.BYTES, header.tableBytes()), header.crc());
        ByteBuffer payload = record.slice(header.payloadOffset(), header.length());
        boolean isPut = header.kind() == RecordHeader.Kind.PUT;
        long offset = isPut ? out.add(header, blocks, payload) : out.add(header, null, null);
        return new SegmentScan.Found(offset, header);
    }

    private void finish(Segment source, SegmentWriter out, List<SegmentTable.Move> moves) throws IOException {
        out.flush();
        out.force();
        List<SegmentTable.Deleted> deleted = table.move(source.id(), out.segment(), moves, out.length());
        List<SegmentScan.Found> tombstones = new ArrayList<>();
        for (SegmentTable.Deleted gone : deleted) {
            // Of the copy only: under the same id there may be a newer chunk.
            long stamp = gone.stamp() == 0 ? 0 : gone.stamp() + 1;
            RecordHeader tombstone =
                    RecordHeader.tombstone(gone.id(), out.segment().id(), stamp);
            tombstones.add(new SegmentScan.Found(out.add(tombstone, null, null), tombstone));
        }
        out.add(RecordHeader.closing(RecordHeader.Kind.SEAL), null, null);
        out.flush();
        out.force();
        table.append(out.segment(), tombstones, out.length());
        table.seal(out.segment(), out.length());
    }
}
