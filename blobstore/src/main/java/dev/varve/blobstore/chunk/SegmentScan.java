package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.FileWindow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the records of a segment from some offset on, tells a torn tail from damage, and steps over damage.
 *
 * <p>Headers are followed from one to the next. What is proven to have been fsynced is believed without reading its
 * payload, which has checksums of its own for whoever reads it; the rest is verified whole.
 */
final class SegmentScan {
    private static final int WINDOW_BYTES = 1 << 16;
    private static final int SEARCH_BYTES = 1 << 20;

    private SegmentScan() {}

    /** A record and where it begins. */
    record Found(long offset, RecordHeader header) {
        long end() {
            return offset + header.recordBytes();
        }
    }

    /** Bytes that should be records and are not. */
    record Gap(long from, long to) {}

    /**
     * What was found.
     *
     * @param end where the records end; what follows is a torn tail
     * @param isSealed whether the last record says that the segment is complete
     */
    record Result(List<Found> records, List<Gap> gaps, long end, boolean isSealed) {}

    /** @param from a record's offset; all below it was fsynced */
    static Result scan(Segment segment, long from) throws IOException {
        try (FileWindow file = new FileWindow(segment.path(), WINDOW_BYTES)) {
            if (file.size() < from) {
                return new Result(List.of(), List.of(new Gap(file.size(), from)), from, false);
            }
            List<Found> all = new ArrayList<>();
            List<Gap> gaps = new ArrayList<>();
            long synced = from;
            long offset = from;
            while (offset < file.size()) {
                RecordHeader header = headerAt(file, offset, segment.salt());
                if (header == null) {
                    long next = search(file, offset + 1, segment.salt());
                    gaps.add(new Gap(offset, next));
                    offset = next;
                } else {
                    all.add(new Found(offset, header));
                    synced = Math.max(synced, header.synced());
                    offset += header.recordBytes();
                }
            }
            return judge(file, all, gaps, synced, from);
        }
    }

    private static Result judge(FileWindow file, List<Found> all, List<Gap> gaps, long synced, long from)
            throws IOException {
        long cut = file.size();
        List<Gap> damage = new ArrayList<>();
        for (Gap gap : gaps) {
            if (gap.from() < synced) {
                damage.add(gap);
            } else {
                cut = Math.min(cut, gap.from());
            }
        }
        List<Found> records = new ArrayList<>();
        long end = from;
        for (Found found : all) {
            boolean isProven = found.offset() < synced;
            if (!isProven && (found.offset() >= cut || !isIntact(file, found))) {
                cut = Math.min(cut, found.offset());
                break;
            }
            records.add(found);
            end = found.end();
        }
        for (Gap gap : damage) {
            end = Math.max(end, gap.to());
        }
        boolean isSealed =
                !records.isEmpty() && records.getLast().header().kind() == RecordHeader.Kind.SEAL && damage.isEmpty();
        return new Result(records, damage, end, isSealed);
    }

    /** The record at an offset, if its header is readable and it lies in the file. */
    private static @Nullable RecordHeader headerAt(FileWindow file, long offset, int salt) throws IOException {
        if (offset + RecordHeader.BARE_BYTES > file.size()) {
            return null;
        }
        RecordHeader header = RecordHeader.read(file.at(offset, RecordHeader.BYTES), 0, salt);
        return header == null || offset + header.recordBytes() > file.size() ? null : header;
    }

    /** The offset of the next readable record, or the file's end. */
    private static long search(FileWindow file, long from, int salt) throws IOException {
        long at = from;
        while (at + RecordHeader.BARE_BYTES <= file.size()) {
            ByteBuffer block = file.at(at, (int) Math.min(SEARCH_BYTES, file.size() - at));
            int starts = block.remaining() - RecordHeader.BYTES + 1;
            for (int start = 0; start < starts; start++) {
                RecordHeader header = RecordHeader.read(block, start, salt);
                if (header != null && at + start + header.recordBytes() <= file.size()) {
                    return at + start;
                }
            }
            at += starts;
        }
        return file.size();
    }

    /** The first readable record at or behind an offset that ends before {@code end}, or null. */
    static @Nullable Found next(FileWindow file, long offset, long end, int salt) throws IOException {
        RecordHeader header = headerAt(file, offset, salt);
        long at = offset;
        if (header == null) {
            at = search(file, offset + 1, salt);
            header = at < file.size() ? headerAt(file, at, salt) : null;
        }
        return header == null || at + header.recordBytes() > end ? null : new Found(at, header);
    }

    /** Whether every byte of a record is what had been written. */
    static boolean isIntact(FileWindow file, Found found) throws IOException {
        return firstBadByte(file.at(found.offset(), found.header().recordBytes()), found.header()) < 0;
    }

    /** Offset in a record, given whole with a good header, of the first block that fails its checksum; or -1. */
    static int firstBadByte(ByteBuffer record, RecordHeader header) {
        if (Blocks.crc(record, RecordHeader.BYTES, header.tableBytes()) != header.blocksCrc()) {
            return RecordHeader.BYTES;
        }
        int payload = header.payloadOffset();
        for (int block = 0; block < header.blockCount(); block++) {
            int start = block * Blocks.BYTES;
            int length = Math.min(Blocks.BYTES, header.length() - start);
            if (Blocks.crc(record, payload + start, length)
                    != record.getInt(RecordHeader.BYTES + block * Integer.BYTES)) {
                return payload + start;
            }
        }
        int trailer = payload + header.length();
        return header.isTrailer(record, trailer) ? -1 : trailer;
    }
}
