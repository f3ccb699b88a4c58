package dev.varve.blobstore;

import dev.varve.blobstore.disk.FileWindow;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * One file of a commit log, format 1. All numbers are big-endian.
 *
 * <pre>
 * file    = header record*                       named log-&lt;first position, 20 digits&gt;.seg
 * header  = magic  long  "VARVELOG"              32 bytes, written and fsynced before the file gets its name
 *           format int   1
 *           salt   int   random
 *           base   long  position of the first record
 *           zero   int
 *           crc    int   CRC32C of the 28 bytes before
 * record  = magic  int   "VREC", or "VMRK" for a mark
 *           length int   bytes of the batch; 0 in a mark
 *           position long  of the batch; in a mark that of the next batch
 *           synced long  file offset below which all was fsynced before this record was written
 *           batchCrc int CRC32C of the batch; in a mark 1 if another file follows, or 0
 *           crc    int   CRC32C of the salt and the 28 bytes before
 *           batch  byte* length
 * </pre>
 *
 * <p>Records of one group are written together and fsynced once, so a crash may leave any part of the last group. Let a
 * record at offset {@code d} be unreadable. If a readable record anywhere behind says {@code synced > d}, then {@code d}
 * had been durable: that is damage. Otherwise {@code d} is in the last group, of which nothing is certain to have been
 * acknowledged: a torn tail, cut at {@code d}. A mark is written when the log is closed, so that its last group is
 * covered too. Only the last file can have a torn tail, for a file is complete before the next one exists; then it gets a
 * mark that says so, by which the loss of the next one is noticed. The salt keeps a batch that contains a copy of a log
 * file from being taken for records.
 *
 * @param base position of its first record
 */
record LogSegment(Path path, long base, int salt) {
    static final int HEADER_BYTES = 32;
    static final int RECORD_HEADER_BYTES = 32;
    private static final int FORMAT_OFFSET = 8;
    private static final int BASE_OFFSET = 16;
    private static final int CRC_OFFSET = HEADER_BYTES - Integer.BYTES;
    private static final long FILE_MAGIC = 0x56415256454C4F47L;
    private static final int FORMAT = 1;
    private static final int RECORD_MAGIC = 0x56524543;
    private static final int MARK_MAGIC = 0x564D524B;
    static final int WINDOW_BYTES = 1 << 20;
    private static final int SEARCH_BYTES = 1 << 20;
    private static final String PREFIX = "log-";
    private static final String SUFFIX = ".seg";

    static String fileName(long base) {
        return PREFIX + String.format("%020d", base) + SUFFIX;
    }

    static boolean isSegment(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.putLong(FILE_MAGIC).putInt(FORMAT).putInt(salt).putLong(base).putInt(0);
        return header.putInt(crc(header.slice(0, CRC_OFFSET))).flip();
    }

    /** Reads a file's header. */
    static LogSegment open(Path path) throws IOException {
        try (FileWindow file = new FileWindow(path, WINDOW_BYTES)) {
            if (file.size() < HEADER_BYTES) {
                throw corrupt(path, 0);
            }
            ByteBuffer header = file.at(0, HEADER_BYTES);
            int format = header.getInt(FORMAT_OFFSET);
            LogSegment segment =
                    new LogSegment(path, header.getLong(BASE_OFFSET), header.getInt(FORMAT_OFFSET + Integer.BYTES));
            if (format != FORMAT
                    && header.getLong(0) == FILE_MAGIC
                    && header.getInt(CRC_OFFSET) == crc(header.slice(0, CRC_OFFSET))) {
                throw new VarveException(
                        ErrorCode.STORAGE, path + " has log format " + format + "; this version reads " + FORMAT);
            }
            if (!segment.isHeaderOf(file) || !fileName(segment.base).equals(String.valueOf(path.getFileName()))) {
                throw corrupt(path, 0);
            }
            return segment;
        }
    }

    /** Whether a file begins as this one should. */
    boolean isHeaderOf(FileWindow file) throws IOException {
        return file.size() >= HEADER_BYTES && file.at(0, HEADER_BYTES).equals(header());
    }

    /** Puts the header of a batch's record. */
    void putRecordHeader(ByteBuffer out, int length, long position, long synced, int batchCrc) {
        putHeader(out, RECORD_MAGIC, length, position, synced, batchCrc);
    }

    /** Puts a mark: everything below {@code synced}, where the mark itself begins, is durable. */
    void putMark(ByteBuffer out, long position, long synced, boolean isFollowed) {
        putHeader(out, MARK_MAGIC, 0, position, synced, isFollowed ? 1 : 0);
    }

    private void putHeader(ByteBuffer out, int magic, int length, long position, long synced, int batchCrc) {
        int start = out.position();
        out.putInt(magic).putInt(length).putLong(position).putLong(synced).putInt(batchCrc);
        out.putInt(headerCrc(out, start));
    }

    private int headerCrc(ByteBuffer buffer, int start) {
        CRC32C crc = new CRC32C();
        crc.update(salt >>> 24);
        crc.update(salt >>> 16);
        crc.update(salt >>> 8);
        crc.update(salt);
        crc.update(buffer.duplicate()
                .limit(start + RECORD_HEADER_BYTES - Integer.BYTES)
                .position(start));
        return (int) crc.getValue();
    }

    /**
     * Feeds batches to {@code reader}, from position {@code from} to {@code end} or the first unreadable record.
     *
     * @return where and before which position it ended
     */
    Tail read(FileWindow file, long from, long end, CommitLog.Reader reader) throws IOException {
        long offset = HEADER_BYTES;
        long position = base;
        boolean isMarked = true;
        boolean isFollowed = false;
        while (position < end && offset + RECORD_HEADER_BYTES <= file.size()) {
            ByteBuffer header = file.at(offset, RECORD_HEADER_BYTES);
            if (!isHeader(header, 0)) {
                break;
            }
            int magic = header.getInt();
            int length = header.getInt();
            long found = header.getLong();
            header.getLong();
            int batchCrc = header.getInt();
            long next = offset + RECORD_HEADER_BYTES + length;
            if (found != position || length < 0 || next > file.size()) {
                break;
            }
            isMarked = magic == MARK_MAGIC;
            isFollowed = isMarked && batchCrc == 1;
            if (!isMarked) {
                ByteBuffer batch = file.at(offset + RECORD_HEADER_BYTES, length);
                if (batchCrc != crc(batch)) {
                    break;
                }
                if (position >= from) {
                    reader.batch(position, batch.asReadOnlyBuffer());
                }
                position++;
            }
            offset = next;
        }
        return new Tail(offset, position, isMarked, isFollowed);
    }

    /**
     * Where reading stopped.
     *
     * @param isMarked whether the last record is a mark, or there is none
     * @param isFollowed whether it says that there is another file
     */
    record Tail(long offset, long position, boolean isMarked, boolean isFollowed) {}

    /** Whether a readable record behind {@code offset} proves that what is there had been durable. */
    boolean wasSynced(FileWindow file, long offset) throws IOException {
        long at = offset + 1;
        while (at + RECORD_HEADER_BYTES <= file.size()) {
            ByteBuffer block = file.at(at, (int) Math.min(SEARCH_BYTES, file.size() - at));
            int starts = block.remaining() - RECORD_HEADER_BYTES + 1;
            for (int start = 0; start < starts; start++) {
                if (isHeader(block, start) && block.getLong(start + 16) > offset) {
                    return true;
                }
            }
            at += starts;
        }
        return false;
    }

    private boolean isHeader(ByteBuffer bytes, int start) {
        int magic = bytes.getInt(start);
        return (magic == RECORD_MAGIC || magic == MARK_MAGIC)
                && bytes.getInt(start + RECORD_HEADER_BYTES - Integer.BYTES) == headerCrc(bytes, start);
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    static VarveException corrupt(Path path, long offset) {
        return new VarveException(ErrorCode.CORRUPT, "commit log " + path + " is damaged at offset " + offset)
                .withHint("nothing was changed; restore the file from a copy");
    }
}
