package dev.varve.blobstore;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.disk.Disk;
import dev.varve.blobstore.meta.Extent;
import dev.varve.blobstore.object.Body;
import dev.varve.blobstore.object.Digester;
import dev.varve.blobstore.object.ObjectDraft;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes on their way into chunks or into one plain file. Used by one thread.
 *
 * <p>Until an operation refers to the chunks they are the draft's, and closing it deletes them. When it is not known whether
 * the operation took effect, they are left to the collector of orphans, which will know.
 */
final class ChunkDraft implements ObjectDraft {
    private static final Logger LOG = LoggerFactory.getLogger(ChunkDraft.class);
    private static final int READ_BYTES = 1 << 18;

    private final Chunks chunks;
    private final ObjectWrite write;
    private final Writing writing;
    private final Digester digester;
    private final long mostBytes;

    /** One of them is there. */
    private final Chunks.@Nullable Draft file;

    private final @Nullable ChunkedOutput chunked;

    private @Nullable Counting out;
    private Body.@Nullable Digests digests;
    private @Nullable Written written;
    private boolean isKept;
    private boolean isClosed;

    ChunkDraft(
            Chunks chunks,
            Buffers buffers,
            ObjectStoreConfig config,
            ObjectWrite write,
            Digester digester,
            long mostBytes,
            Writing writing,
            Executor computing) {
        this.chunks = chunks;
        this.write = write;
        this.digester = digester;
        this.mostBytes = mostBytes;
        this.writing = writing;
        this.file = write.isFile() ? chunks.draft(writing.epoch()) : null;
        this.chunked = write.isFile()
                ? null
                : new ChunkedOutput(chunks, buffers, config, writing.epoch(), new DigestQueue(digester, computing));
    }

    /** Lets the digester see the bytes of a file; those of chunks it sees beside their writing. */
    private final class Counting extends OutputStream {
        private final OutputStream target;
        private long count;

        Counting(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            checkOpen();
            if (digests != null) {
                throw new IllegalStateException("the draft of " + write.key() + " is complete");
            }
            count += length;
            if (count > mostBytes) {
                throw new ObjectException(
                        ObjectProblem.TOO_LARGE, write.key() + " has more than the " + mostBytes + " bytes allowed");
            }
            if (file != null) {
                digester.update(bytes, offset, length);
            }
            target.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            target.flush();
        }
    }

    private void checkOpen() {
        if (isClosed || isKept) {
            throw new IllegalStateException("the draft of " + write.key() + " is used up");
        }
    }

    @Override
    public OutputStream out() {
        checkOpen();
        Counting now = out;
        if (now == null) {
            now = new Counting(target());
            out = now;
        }
        return now;
    }

    private OutputStream target() {
        return file != null ? file.out() : chunked();
    }

    private ChunkedOutput chunked() {
        if (chunked == null) {
            throw new IllegalStateException("the draft of " + write.key() + " is a file");
        }
        return chunked;
    }

    @Override
    public Path path() {
        if (file == null) {
            throw new IllegalStateException("the draft of " + write.key() + " is not a file");
        }
        return file.path();
    }

    @Override
    public ObjectWrite write() {
        return write;
    }

    /** The digests of all bytes; no more can be written. */
    Body.Digests digests() {
        checkOpen();
        Body.Digests known = digests;
        if (known == null) {
            if (file != null && out == null) {
                digestFile(file.path());
            }
            known = file != null ? digester.finish() : chunked().digests();
            digests = known;
        }
        return known;
    }

    private void digestFile(Path path) {
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream in = Files.exists(path) ? Files.newInputStream(path) : InputStream.nullInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digester.update(buffer, 0, count);
            }
        } catch (IOException e) {
            throw Disk.failure("read the draft of " + write.key(), e);
        }
    }

    /** Makes the bytes durable; the same again if it is called again. */
    Written finish() {
        Body.Digests all = digests();
        Written known = written;
        if (known == null) {
            List<Extent> extents = file != null
                    ? List.of(Written.extent(file.commit()))
                    : chunked().finish();
            known = new Written(all, extents, writing.epoch());
            written = known;
        }
        return known;
    }

    /** The chunks are referred to now, or may be. */
    void keep() {
        isKept = true;
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            if (!isKept) {
                drop();
            }
        } finally {
            writing.close();
        }
    }

    private void drop() {
        try {
            Written known = written;
            List<ChunkId> unwanted = known != null ? known.chunks() : abandon();
            if (!unwanted.isEmpty()) {
                chunks.delete(unwanted);
            }
        } catch (VarveException e) {
            LOG.warn("chunks of a refused object stay until orphans are collected key={}", write.key(), e);
        }
    }

    private List<ChunkId> abandon() {
        if (file != null) {
            file.close();
            return List.of();
        }
        return chunked().abandon();
    }
}
