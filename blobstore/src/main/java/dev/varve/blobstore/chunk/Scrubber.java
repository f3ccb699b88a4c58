package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.FileWindow;
import dev.varve.blobstore.rocks.Flaw;
import dev.varve.model.VarveException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads everything again from time to time: segments, then plain files, then the small rest. Used by one thread at a time.
 *
 * <p>Its place is kept in the index, and lost with it, whereupon a round begins anew. A round also removes plain files
 * that nobody knows, which a crash between rename and entry, or between tombstone and deletion, leaves behind.
 */
final class Scrubber {
    private static final String NOTE = "scrub";
    private static final int WINDOW_BYTES = 1 << 20;
    private static final long FILE_STEP_BYTES = 64L * Blocks.BYTES;

    private final Path directory;
    private final SegmentTable table;
    private final ChunkFiles files;
    private final Damages damages;
    private final Rest rest;
    private final PageCache pageCache = new PageCache();

    /** What is checked at the end of a round. */
    interface Rest {
        void check() throws IOException;
    }

    Scrubber(Path directory, SegmentTable table, ChunkFiles files, Damages damages, Rest rest) {
        this.directory = directory;
        this.table = table;
        this.files = files;
        this.damages = damages;
        this.rest = rest;
    }

    /**
     * Where to go on.
     *
     * @param segment to read, or {@link Long#MAX_VALUE} once all were
     * @param file the last one read, or being read if {@code offset} is not 0
     */
    private record Place(long segment, @Nullable ChunkId file, long offset) {
        static final Place START = new Place(0, null, 0);

        String encode() {
            return segment + " " + (file == null ? "-" : file) + " " + offset;
        }

        static Place decode(String text) {
            String[] parts = text.split(" ", -1);
            return new Place(
                    Long.parseLong(parts[0]),
                    parts[1].equals("-") ? null : ChunkId.parse(parts[1]),
                    Long.parseLong(parts[2]));
        }
    }

    /** Reads about so many bytes. A damaged index, without which nothing is found, ends the round. */
    Scrub step(long budget) throws IOException {
        try {
            return read(budget);
        } catch (VarveException e) {
            if (!table.index().isDamaged()) {
                throw e;
            }
            damages.report(directory.resolve(ChunkStore.INDEX), 0, null, String.valueOf(e.getMessage()));
            return new Scrub(0, true);
        }
    }

    private Scrub read(long budget) throws IOException {
        Place place = table.index()
                .note(NOTE)
                .map(note -> Place.decode(new String(note, StandardCharsets.US_ASCII)))
                .orElse(Place.START);
        long read = 0;
        boolean isDone = false;
        while (read < budget && !isDone) {
            long segment = place.segment;
            if (segment != Long.MAX_VALUE) {
                Optional<SegmentTable.Entry> next = table.entries().stream()
                        .filter(entry -> entry.segment().id() >= segment)
                        .findFirst();
                if (next.isEmpty()) {
                    place = new Place(Long.MAX_VALUE, null, 0);
                    continue;
                }
                long start = next.get().segment().id() == segment ? place.offset : 0;
                long end = readSegment(next.get(), start, budget - read);
                read += Math.abs(end - start);
                boolean isWhole = end >= next.get().row().indexed();
                long id = next.get().segment().id();
                place = isWhole ? new Place(id + 1, null, 0) : new Place(id, null, end);
            } else {
                ChunkId after = place.file;
                NextFile next = nextFile(after, place.offset > 0);
                if (next == null) {
                    readRest();
                    isDone = true;
                    place = Place.START;
                } else {
                    long end = readFile(next, place.offset);
                    read += Math.max(end - place.offset, 1);
                    place = new Place(Long.MAX_VALUE, next.id, end >= next.row.length() ? 0 : end);
                }
            }
        }
        table.index().setNote(NOTE, place.encode().getBytes(StandardCharsets.US_ASCII));
        return new Scrub(read, isDone);
    }

    /** Reads records from {@code start}, 0 or a record's offset; returns where to go on. */
    private long readSegment(SegmentTable.Entry entry, long start, long budget) throws IOException {
        Path path = entry.segment().path();
        long end = entry.row().indexed();
        pageCache.drop(path, start, Math.min(budget, end - start) + RecordHeader.MAX_PAYLOAD_BYTES);
        try (FileWindow file = new FileWindow(path, WINDOW_BYTES)) {
            if (file.size() < end) {
                damages.report(path, file.size(), null, "the file ends here; " + end + " bytes were written");
                end = file.size();
            }
            long at = start;
            if (at == 0) {
                int length = (int) Math.min(Segment.HEADER_BYTES, file.size());
                if (!entry.segment().isHeader(file.at(0, length))) {
                    damages.report(path, 0, null, "the header of the segment is damaged");
                }
                at = Segment.HEADER_BYTES;
            }
            while (at < end && at - start < budget) {
                at = readRecord(entry, file, at, end);
            }
            pageCache.drop(path, start, at - start);
            return at >= end ? Math.max(at, entry.row().indexed()) : at;
        } catch (FileNotFoundException e) {
            if (table.entry(entry.segment().id()) != null) {
                damages.report(path, 0, null, "the segment is missing");
            }
            return entry.row().indexed();
        }
    }

    private long readRecord(SegmentTable.Entry entry, FileWindow file, long at, long end) throws IOException {
        Segment segment = entry.segment();
        SegmentScan.Found found = SegmentScan.next(file, at, end, segment.salt());
        if (found == null || found.offset() > at) {
            damages.report(segment.path(), at, null, "there is no record where one was written");
            return found == null ? end : found.offset();
        }
        RecordHeader header = found.header();
        int bad = SegmentScan.firstBadByte(file.at(at, header.recordBytes()), header);
        if (bad >= 0) {
            ChunkRow row = table.find(header.id());
            boolean isLive = row != null && row.isAt(segment.id(), at);
            damages.report(
                    segment.path(),
                    at + bad,
                    isLive ? header.id() : null,
                    isLive ? "a block does not match its checksum" : "a deleted chunk is damaged");
        }
        return found.end();
    }

    private record NextFile(ChunkId id, ChunkRow row) {}

    private @Nullable NextFile nextFile(@Nullable ChunkId after, boolean isInside) {
        if (isInside && after != null) {
            ChunkRow row = table.find(after);
            if (row != null) {
                return new NextFile(after, row);
            }
        }
        List<NextFile> found = new ArrayList<>();
        table.index().files(after, (id, row) -> {
            found.add(new NextFile(id, row));
            return false;
        });
        return found.isEmpty() ? null : found.getFirst();
    }

    private long readFile(NextFile next, long start) throws IOException {
        long end = Math.min(next.row.length(), start + FILE_STEP_BYTES);
        Path path = files.path(next.id);
        pageCache.drop(path, start, end - start);
        files.forgetSidecar(next.id);
        ChunkFiles.Flaw flaw = files.verify(next.id, next.row, start, end);
        pageCache.drop(path, start, end - start);
        if (flaw == null) {
            return end;
        }
        if (table.find(next.id) != null) {
            damages.report(flaw.file(), flaw.offset(), next.id, flaw.reason());
        }
        // Other blocks may be good; whether they are helps nobody.
        return next.row.length();
    }

    private void readRest() throws IOException {
        rest.check();
        for (Flaw flaw : table.index().findFlaws()) {
            damages.report(flaw.file(), flaw.offset(), null, "the index is damaged: " + flaw.reason());
        }
        List<ChunkId> unknown = new ArrayList<>();
        files.list((id, isSidecar) -> {
            if (!files.isArriving(id) && table.find(id) == null) {
                unknown.add(id);
            }
        });
        // An arrival may have ended between the two questions.
        unknown.removeIf(id -> table.find(id) != null);
        files.delete(unknown);
    }
}
