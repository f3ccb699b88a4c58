package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Reads chunks and believes no block before its checksum. Thread-safe; an interrupt of a reader harms nobody. */
final class ChunkReader implements AutoCloseable {
    private static final int HEAD_BYTES =
            RecordHeader.BYTES + Blocks.count(RecordHeader.MAX_PAYLOAD_BYTES) * Integer.BYTES;
    private static final int MOST_SCRATCH = 64;

    private final SegmentTable table;
    private final ChunkFiles files;
    private final Damages damages;
    private final OpenFiles open = new OpenFiles();
    private final Queue<Scratch> scratches = new ConcurrentLinkedQueue<>();
    private final AtomicInteger scratchCount = new AtomicInteger();

    ChunkReader(SegmentTable table, ChunkFiles files, Damages damages) {
        this.table = table;
        this.files = files;
        this.damages = damages;
    }

    private record Scratch(ByteBuffer head, ByteBuffer block) {}

    /** Where a chunk's bytes are, and how to check them. */
    private record Source(Path path, long start, long length, ByteBuffer table) {}

    /** Fills {@code dst} with the chunk's bytes from {@code offset} on. */
    void read(ChunkRef ref, long offset, ByteBuffer dst) {
        if (offset < 0 || offset + dst.remaining() > ref.length()) {
            throw new IllegalArgumentException("bytes " + offset + " to " + (offset + dst.remaining()) + " of chunk "
                    + ref.id() + ", which has " + ref.length());
        }
        Scratch scratch = scratches.poll();
        if (scratch == null) {
            scratch = new Scratch(ByteBuffer.allocateDirect(HEAD_BYTES), ByteBuffer.allocateDirect(Blocks.BYTES));
        } else {
            scratchCount.decrementAndGet();
        }
        int start = dst.position();
        try {
            find(ref, offset, dst, scratch);
        } catch (IOException e) {
            dst.position(start);
            throw Disk.failure("read chunk " + ref.id(), e);
        } catch (RuntimeException e) {
            dst.position(start);
            throw e;
        } finally {
            if (scratchCount.incrementAndGet() <= MOST_SCRATCH) {
                scratches.add(scratch);
            } else {
                scratchCount.decrementAndGet();
            }
        }
    }

    private void find(ChunkRef ref, long offset, ByteBuffer dst, Scratch scratch) throws IOException {
        ChunkRow row = row(ref);
        while (true) {
            int start = dst.position();
            try {
                Source source = row.isFile() ? fileSource(ref, row) : segmentSource(ref, row, scratch);
                readBlocks(ref, source, offset, dst, scratch);
                return;
            } catch (NoSuchFileException e) {
                // Compaction may have moved it since.
                dst.position(start);
                ChunkRow now = row(ref);
                if (now.equals(row)) {
                    throw damaged(Path.of(e.getFile()), 0, ref.id(), "the file is missing");
                }
                row = now;
            }
        }
    }

    /** Where a chunk is; it must be the one that is meant. */
    ChunkRow row(ChunkRef ref) {
        ChunkRow row = table.find(ref.id());
        if (row == null) {
            throw missing(ref);
        }
        if (row.length() != ref.length() || row.crc() != ref.crc32c()) {
            throw new VarveException(
                    ErrorCode.CORRUPT,
                    "chunk " + ref.id() + " has " + row.length() + " bytes with checksum "
                            + Integer.toHexString(row.crc()) + "; wanted are " + ref.length() + " with "
                            + Integer.toHexString(ref.crc32c()));
        }
        return row;
    }

    static VarveException missing(ChunkRef ref) {
        return new VarveException(ErrorCode.CORRUPT, "chunk " + ref.id() + " of " + ref.length() + " bytes is missing");
    }

    private VarveException damaged(Path path, long offset, ChunkId id, String reason) {
        damages.report(path, offset, id, reason);
        return new VarveException(
                        ErrorCode.CORRUPT,
                        "chunk " + id + " cannot be read: " + path + " at offset " + offset + ": " + reason)
                .withHint("nothing was changed; restore the file from a copy");
    }

    VarveException damaged(ChunkFiles.Flaw flaw, ChunkId id) {
        return damaged(flaw.file(), flaw.offset(), id, flaw.reason());
    }

    private Source fileSource(ChunkRef ref, ChunkRow row) throws IOException {
        Sidecar sidecar = files.sidecar(ref.id(), row);
        if (sidecar == null) {
            if (table.find(ref.id()) == null) {
                throw missing(ref);
            }
            throw damaged(files.sidecarPath(ref.id()), 0, ref.id(), "the checksums are missing or damaged");
        }
        return new Source(
                files.path(ref.id()), 0, row.length(), sidecar.blocks().table());
    }

    private Source segmentSource(ChunkRef ref, ChunkRow row, Scratch scratch) throws IOException {
        SegmentTable.Entry entry = table.entry(row.segment());
        if (entry == null) {
            throw new NoSuchFileException("segment " + Long.toHexString(row.segment()));
        }
        Path path = entry.segment().path();
        int tableBytes = Blocks.count(row.length()) * Integer.BYTES;
        ByteBuffer head = scratch.head.clear().limit(RecordHeader.BYTES + tableBytes);
        if (!open.read(path, head, row.offset())) {
            throw damaged(path, row.offset(), ref.id(), "the file ends here");
        }
        RecordHeader header = RecordHeader.read(head, 0, entry.segment().salt());
        if (header == null || !header.id().equals(ref.id()) || header.length() != row.length()) {
            throw damaged(path, row.offset(), ref.id(), "there is no such record");
        }
        if (Blocks.crc(head, RecordHeader.BYTES, tableBytes) != header.blocksCrc()) {
            throw damaged(
                    path, row.offset() + RecordHeader.BYTES, ref.id(), "the table of checksums does not match its own");
        }
        return new Source(
                path, row.offset() + header.payloadOffset(), row.length(), head.slice(RecordHeader.BYTES, tableBytes));
    }

    private void readBlocks(ChunkRef ref, Source source, long offset, ByteBuffer dst, Scratch scratch)
            throws IOException {
        long at = offset;
        while (dst.hasRemaining()) {
            long block = at / Blocks.BYTES * Blocks.BYTES;
            long whole = dst.isDirect() && block == at ? wholeBlocks(source, at, dst.remaining()) : 0;
            if (whole > 0) {
                ByteBuffer run = dst.slice(dst.position(), (int) whole);
                load(ref, source, at, run);
                for (long b = at; b < at + whole; b += Blocks.BYTES) {
                    int length = (int) Math.min(Blocks.BYTES, at + whole - b);
                    check(ref, source, b, run, (int) (b - at), length);
                }
                dst.position(dst.position() + (int) whole);
                at += whole;
            } else {
                int length = (int) Math.min(Blocks.BYTES, source.length - block);
                ByteBuffer one = scratch.block.clear().limit(length);
                load(ref, source, block, one);
                check(ref, source, block, one, 0, length);
                int skip = (int) (at - block);
                int count = Math.min(dst.remaining(), length - skip);
                dst.put(one.slice(skip, count));
                at += count;
            }
        }
    }

    /** How many of the wanted bytes are in blocks that are wanted whole. */
    private static long wholeBlocks(Source source, long at, long wanted) {
        return at + wanted == source.length ? wanted : wanted / Blocks.BYTES * Blocks.BYTES;
    }

    private void load(ChunkRef ref, Source source, long at, ByteBuffer into) throws IOException {
        ByteBuffer target = into.duplicate();
        if (!open.read(source.path, target, source.start + at)) {
            throw damaged(source.path, source.start + at, ref.id(), "the file ends too early");
        }
    }

    private void check(ChunkRef ref, Source source, long at, ByteBuffer bytes, int offset, int length) {
        int expected = source.table.getInt((int) (at / Blocks.BYTES) * Integer.BYTES);
        if (Blocks.crc(bytes, offset, length) != expected) {
            throw damaged(source.path, source.start + at, ref.id(), "a block does not match its checksum");
        }
    }

    /** Lets go of a file that is deleted. */
    void forget(Path path) {
        open.forget(path);
    }

    @Override
    public void close() {
        open.close();
    }
}
