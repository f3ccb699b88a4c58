package dev.varve.blobstore.chunk;

import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.disk.FileWindow;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of any size that is being written as one plain file, through {@link #out} or, by an engine of its own, at
 * {@link #path}. Used by one thread; nothing of it counts before {@link #commit}.
 */
public final class FileDraft implements Chunks.Draft {
    private static final int BUFFER_BYTES = 16 * Blocks.BYTES;

    /** Forced each time, so that the disk does not idle until the end. */
    private static final long SYNC_BYTES = 16L * BUFFER_BYTES;

    private final ChunkId id;
    private final long gcBirth;
    private final Path draft;
    private final Disk disk;
    private final Space space;
    private final Executor io;
    private final ChunkFiles files;
    private final Entry entry;

    /** Where others may bring the same chunk; null if the id is this draft's own. */
    private final @Nullable Arrivals arrivals;

    private @Nullable Stream stream;
    private boolean done;

    FileDraft(
            ChunkId id,
            long gcBirth,
            Path draft,
            Disk disk,
            Space space,
            Executor io,
            ChunkFiles files,
            Entry entry,
            @Nullable Arrivals arrivals) {
        this.id = id;
        this.gcBirth = gcBirth;
        this.draft = draft;
        this.disk = disk;
        this.space = space;
        this.io = io;
        this.files = files;
        this.entry = entry;
        this.arrivals = arrivals;
    }

    /** Makes a file, which has its name already, known. */
    interface Entry {
        CompletableFuture<Boolean> add(ChunkRef ref, long gcBirth);
    }

    /** Where to write; a full disk is told at once by a {@link VarveException}. */
    @Override
    public OutputStream out() {
        Stream now = stream;
        if (now == null) {
            now = new Stream(run(() -> disk.output(draft, 0)));
            stream = now;
        }
        return now;
    }

    /** A file that does not exist, for whoever writes it by name instead. */
    @Override
    public Path path() {
        return draft;
    }

    /** Makes the chunk durable: its bytes, its checksums, its name and its entry. */
    @Override
    public ChunkRef commit() {
        return commitIf(null);
    }

    /** Commits if the bytes are those that are meant; otherwise fails with {@link ErrorCode#CORRUPT}. */
    public ChunkRef commit(ChunkRef expected) {
        return commitIf(expected);
    }

    private ChunkRef commitIf(@Nullable ChunkRef expected) {
        if (done) {
            throw new IllegalStateException("draft " + id + " is already committed or closed");
        }
        if (arrivals == null) {
            return makeDurable(expected);
        }
        CompletableFuture<Boolean> claim = arrivals.claim(id);
        try {
            return makeDurable(expected);
        } finally {
            arrivals.release(id, claim);
        }
    }

    private ChunkRef makeDurable(@Nullable ChunkRef expected) {
        BlockSums sums = run(() -> stream != null ? stream.finish() : sumsOfFile());
        ChunkRef ref = new ChunkRef(id, sums.length, sums.blocks().crc());
        if (expected != null && !expected.equals(ref)) {
            throw new VarveException(ErrorCode.CORRUPT, "the file that came is " + ref + ", not " + expected);
        }
        if (arrivals != null && run(() -> arrivals.hasFile(ref))) {
            close();
            return ref;
        }
        run(() -> {
            publish(new Sidecar(id, sums.length, gcBirth, sums.blocks()));
            return true;
        });
        done = true;
        try {
            Waiting.get(entry.add(ref, gcBirth));
        } finally {
            files.arrived(id);
        }
        return ref;
    }

    private void publish(Sidecar sidecar) throws IOException {
        Path sidecarDraft = Path.of(draft + ChunkFiles.SIDECAR_SUFFIX);
        try {
            try (Disk.Output out = disk.output(sidecarDraft, 0)) {
                out.truncate(0);
                out.write(sidecar.encode());
                out.force();
            }
            files.publish(sidecar, draft, sidecarDraft);
        } catch (IOException e) {
            files.arrived(id);
            Files.deleteIfExists(sidecarDraft);
            throw e;
        }
    }

    /** Reads and syncs what another writer put there. */
    private BlockSums sumsOfFile() throws IOException {
        BlockSums sums = new BlockSums();
        long size = Files.exists(draft) ? Files.size(draft) : 0;
        try (Disk.Output out = disk.output(draft, size)) {
            out.force();
        }
        try (FileWindow file = new FileWindow(draft, BUFFER_BYTES)) {
            for (long at = 0; at < file.size(); at += Blocks.BYTES) {
                sums.add(file.at(at, (int) Math.min(Blocks.BYTES, file.size() - at)));
            }
        }
        return sums;
    }

    /** Throws away what is not committed. */
    @Override
    public void close() {
        if (done) {
            return;
        }
        done = true;
        run(() -> {
            try {
                if (stream != null) {
                    stream.abandon();
                }
            } finally {
                disk.delete(draft);
            }
            return true;
        });
    }

    private <T> T run(Callable<T> work) {
        try {
            return Waiting.on(io, work);
        } catch (IOException e) {
            throw Disk.failure("write chunk " + id, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new VarveException(ErrorCode.STORAGE, "write chunk " + id + ": " + e, e);
        }
    }

    /** Checksums of bytes that come block by block. */
    private static final class BlockSums {
        private final CRC32C whole = new CRC32C();
        private ByteBuffer table = ByteBuffer.allocate(1 << 10);
        private long length;

        /** @param block 64 KiB, or less if it is the last */
        void add(ByteBuffer block) {
            if (!table.hasRemaining()) {
                table = ByteBuffer.allocate(2 * table.capacity()).put(table.flip());
            }
            length += block.remaining();
            table.putInt(Blocks.crc(block));
            whole.update(block.duplicate());
        }

        Blocks blocks() {
            return new Blocks(table.duplicate().flip(), (int) whole.getValue());
        }
    }

    /** Gathers a mebibyte and lets a thread that is never interrupted write it. */
    private final class Stream extends OutputStream {
        private final Disk.Output output;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        private final BlockSums sums = new BlockSums();
        private @Nullable IOException failed;

        Stream(Disk.Output output) {
            this.output = output;
        }

        @Override
        public void write(int b) {
            room();
            buffer.put((byte) b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            int at = offset;
            int end = offset + length;
            while (at < end) {
                room();
                int count = Math.min(buffer.remaining(), end - at);
                buffer.put(bytes, at, count);
                at += count;
            }
        }

        private void room() {
            if (done) {
                throw new IllegalStateException("draft " + id + " is already committed or closed");
            }
            if (!buffer.hasRemaining()) {
                run(() -> {
                    writeBuffer();
                    return true;
                });
            }
        }

        private void writeBuffer() throws IOException {
            buffer.flip();
            if (space.usableBytes() < buffer.remaining()) {
                buffer.position(buffer.limit());
                throw space.full(buffer.capacity());
            }
            for (int at = 0; at < buffer.limit(); at += Blocks.BYTES) {
                sums.add(buffer.slice(at, Math.min(Blocks.BYTES, buffer.limit() - at)));
            }
            try {
                output.write(buffer);
                if (sums.length % SYNC_BYTES == 0) {
                    output.force();
                }
            } catch (IOException e) {
                failed = e;
                throw e;
            }
            buffer.clear();
        }

        BlockSums finish() throws IOException {
            IOException earlier = failed;
            if (earlier != null) {
                throw new IOException(earlier.getMessage(), earlier);
            }
            try (output) {
                if (buffer.position() > 0) {
                    writeBuffer();
                }
                output.force();
            }
            return sums;
        }

        void abandon() throws IOException {
            output.close();
        }
    }
}
