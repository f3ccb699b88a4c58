package dev.varve.blobstore.chunk;

/**
 * Where a chunk is.
 *
 * @param isFile whether it is a plain file of its own, of which the record only tells
 * @param segment of its record
 * @param offset of its record
 * @param length of the chunk
 * @param stamp of its record; 0 if this store gave the id
 */
record ChunkRow(boolean isFile, long segment, long offset, long length, int crc, long gcBirth, long stamp) {
    static ChunkRow of(RecordHeader header, long segment, long offset) {
        boolean isFile = header.kind() == RecordHeader.Kind.FILE;
        return new ChunkRow(
                isFile,
                segment,
                offset,
                isFile ? header.extent() : header.length(),
                header.crc(),
                header.gcBirth(),
                header.stamp());
    }

    /** What its record takes in the segment. */
    long recordBytes() {
        return isFile ? RecordHeader.BARE_BYTES : RecordHeader.recordBytes(length);
    }

    boolean isAt(long otherSegment, long otherOffset) {
        return segment == otherSegment && offset == otherOffset;
    }
}
