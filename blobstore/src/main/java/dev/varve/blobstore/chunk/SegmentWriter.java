package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Writes records at the end of one segment. Used by one thread at a time, none of which is ever interrupted. */
final class SegmentWriter implements AutoCloseable {
    private static final int DIRECT_BYTES = 1 << 16;

    private final Segment segment;
    private final Disk.Output output;
    private final ByteBuffer staging;
    private long length;
    private long synced;
    private boolean isClosing;

    private SegmentWriter(Segment segment, Disk.Output output, ByteBuffer staging, long length) {
        this.segment = segment;
        this.output = output;
        this.staging = staging;
        this.length = length;
        this.synced = length;
        this.isClosing = true;
    }

    /** Makes the file, with a name that lasts. */
    static SegmentWriter create(Disk disk, Segment segment, ByteBuffer staging) throws IOException {
        Path draft = Path.of(segment.path() + ".new");
        try {
            try (Disk.Output out = disk.output(draft, 0)) {
                out.truncate(0);
                out.write(segment.header());
                out.force();
            }
            disk.moveDurably(draft, segment.path());
        } catch (IOException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        return resume(disk, segment, staging, Segment.HEADER_BYTES);
    }

    /** Continues a file that is durable up to {@code length} and ends there. */
    static SegmentWriter resume(Disk disk, Segment segment, ByteBuffer staging, long length) throws IOException {
        return new SegmentWriter(segment, disk.output(segment.path(), length), staging, length);
    }

    Segment segment() {
        return segment;
    }

    /** Where the next record will begin. */
    long length() {
        return length + staging.position();
    }

    /** Up to where all is durable. */
    long synced() {
        return synced;
    }

    /** Puts a record behind the others; it reaches the file with {@link #flush} at the latest. */
    long add(RecordHeader header, @Nullable Blocks blocks, @Nullable ByteBuffer payload) throws IOException {
        room(RecordHeader.BYTES);
        long offset = length();
        header.write(staging, segment.salt(), synced);
        if (blocks != null && payload != null) {
            stage(blocks.table().duplicate());
            stage(payload.duplicate());
        }
        room(RecordHeader.TRAILER_BYTES);
        header.writeTrailer(staging);
        isClosing = header.kind() == RecordHeader.Kind.MARK || header.kind() == RecordHeader.Kind.SEAL;
        return offset;
    }

    private void room(int bytes) throws IOException {
        if (staging.remaining() < bytes) {
            writeStaged();
        }
    }

    /** Copies small payloads together, and heap ones off the heap; a large direct buffer is written from where it is. */
    private void stage(ByteBuffer bytes) throws IOException {
        if (bytes.isDirect() && bytes.remaining() >= DIRECT_BYTES) {
            writeStaged();
            length += bytes.remaining();
            output.write(bytes);
            return;
        }
        while (bytes.hasRemaining()) {
            room(1);
            int count = Math.min(staging.remaining(), bytes.remaining());
            staging.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
        }
    }

    private void writeStaged() throws IOException {
        staging.flip();
        length += staging.remaining();
        try {
            output.write(staging);
        } finally {
            staging.clear();
        }
    }

    /** Hands all that was added to the file system. */
    void flush() throws IOException {
        writeStaged();
    }

    /** Makes all that was flushed durable. After an exception the writer must not be used but to be closed. */
    void force() throws IOException {
        output.force();
        synced = length;
    }

    /** Forgets what was added since the last {@link #force}. */
    void cutBack() throws IOException {
        staging.clear();
        output.truncate(synced);
        length = synced;
    }

    /** Whether the last record tells that all before is durable. */
    boolean isMarked() {
        return isClosing;
    }

    @Override
    public void close() throws IOException {
        staging.clear();
        output.close();
    }
}
