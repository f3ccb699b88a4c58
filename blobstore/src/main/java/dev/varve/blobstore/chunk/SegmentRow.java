package dev.varve.blobstore.chunk;

/**
 * What the index knows of a segment.
 *
 * @param indexed offset up to which all records are in the index; fsynced up to there
 * @param sealed complete, never written again
 * @param damaged something in it is unreadable; it is kept aside, neither written nor compacted
 * @param stale holds records of chunks that have moved to a newer segment
 * @param liveBytes of records that the index points to
 * @param fileBytes of plain files whose record is here
 * @param tombstoneBytes of tombstones, which count as live
 */
record SegmentRow(
        long id,
        int group,
        long indexed,
        boolean sealed,
        boolean damaged,
        boolean stale,
        long liveCount,
        long liveBytes,
        long fileBytes,
        long tombstoneBytes) {
    static SegmentRow of(Segment segment) {
        return new SegmentRow(segment.id(), segment.group(), Segment.HEADER_BYTES, false, false, false, 0, 0, 0, 0);
    }

    SegmentRow withIndexed(long offset) {
        return new SegmentRow(
                id, group, offset, sealed, damaged, stale, liveCount, liveBytes, fileBytes, tombstoneBytes);
    }

    SegmentRow asSealed() {
        return new SegmentRow(
                id, group, indexed, true, damaged, stale, liveCount, liveBytes, fileBytes, tombstoneBytes);
    }

    SegmentRow asDamaged() {
        return new SegmentRow(id, group, indexed, sealed, true, stale, liveCount, liveBytes, fileBytes, tombstoneBytes);
    }

    SegmentRow asStale() {
        return new SegmentRow(
                id, group, indexed, sealed, damaged, true, liveCount, liveBytes, fileBytes, tombstoneBytes);
    }

    SegmentRow withTombstoneBytes(long bytes) {
        return new SegmentRow(id, group, indexed, sealed, damaged, stale, liveCount, liveBytes, fileBytes, bytes);
    }

    /** One live chunk more, or with {@code sign} -1 one less. */
    SegmentRow count(ChunkRow chunk, int sign) {
        return new SegmentRow(
                id,
                group,
                indexed,
                sealed,
                damaged,
                stale,
                liveCount + sign,
                liveBytes + sign * chunk.recordBytes(),
                fileBytes + (chunk.isFile() ? sign * chunk.length() : 0),
                tombstoneBytes);
    }

    long deadBytes() {
        return indexed - Segment.HEADER_BYTES - liveBytes - tombstoneBytes;
    }

    /** Whether less than this share of it is wanted; the seal, which every segment needs, counts as wanted. */
    boolean isBelow(int percent) {
        long all = indexed - Segment.HEADER_BYTES;
        return stale || (deadBytes() - RecordHeader.BARE_BYTES) * 100 > all * (100 - percent);
    }
}
