package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.ChunkRef;
import dev.varve.blobstore.chunk.Chunks;
import dev.varve.blobstore.chunk.FileDraft;
import dev.varve.blobstore.disk.Disk;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file on its way to several nodes: written here first, into the place of this node's own copy or, if it is not to have
 * one, into a file that goes again. Used by one thread.
 */
final class ReplicatedDraft implements Chunks.Draft {
    private static final int BUFFER_BYTES = 1 << 16;

    private final @Nullable FileDraft own;
    private final Path scratch;
    private final Publish publish;
    private @Nullable OutputStream out;
    private boolean isDone;

    /** Brings a file to the nodes that shall have it, and waits until it counts as written. */
    interface Publish {
        /**
         * Returns what was written under its final id.
         *
         * @param written what was written; if {@code isKept} it is durable here under its id, otherwise that is nobody's
         */
        ChunkRef publish(ChunkRef written, boolean isKept, PeerChunks.FileSource bytes);

        /** The bytes of this node's own copy. */
        PeerChunks.FileSource kept(ChunkRef written);
    }

    /** @param own null if this node is not to have a copy; then {@code scratch} is written */
    ReplicatedDraft(@Nullable FileDraft own, Path scratch, Publish publish) {
        this.own = own;
        this.scratch = scratch;
        this.publish = publish;
    }

    @Override
    public OutputStream out() {
        if (own != null) {
            return own.out();
        }
        OutputStream now = out;
        if (now == null) {
            try {
                now = new BufferedOutputStream(
                        Files.newOutputStream(scratch, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        BUFFER_BYTES);
            } catch (IOException e) {
                throw Disk.failure("write " + scratch, e);
            }
            out = now;
        }
        return now;
    }

    @Override
    public Path path() {
        return own != null ? own.path() : scratch;
    }

    @Override
    public ChunkRef commit() {
        if (isDone) {
            throw new IllegalStateException("the draft " + path() + " is already committed or closed");
        }
        if (own != null) {
            ChunkRef kept = own.commit();
            isDone = true;
            return publish.publish(kept, true, publish.kept(kept));
        }
        isDone = true;
        try {
            if (out != null) {
                out.close();
            }
            if (!Files.exists(scratch)) {
                Files.createFile(scratch);
            }
            ChunkRef written = measure();
            try (FileChannel channel = FileChannel.open(scratch, StandardOpenOption.READ)) {
                return publish.publish(written, false, (offset, dst) -> read(channel, offset, dst));
            }
        } catch (IOException e) {
            throw Disk.failure("read " + scratch, e);
        } finally {
            FileCache.discard(scratch);
        }
    }

    private ChunkRef measure() throws IOException {
        CRC32C crc = new CRC32C();
        long length = 0;
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(scratch)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
                length += count;
            }
        }
        return new ChunkRef(new ChunkId(0, 0), length, (int) crc.getValue());
    }

    private void read(FileChannel channel, long offset, ByteBuffer dst) {
        try {
            long at = offset;
            while (dst.hasRemaining()) {
                int count = channel.read(dst, at);
                if (count < 0) {
                    throw new EOFException(scratch + " ends at " + at);
                }
                at += count;
            }
        } catch (IOException e) {
            throw Disk.failure("read " + scratch, e);
        }
    }

    @Override
    public void close() {
        if (isDone) {
            return;
        }
        isDone = true;
        if (own != null) {
            own.close();
            return;
        }
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            // Nobody wants it.
        }
        FileCache.discard(scratch);
    }
}
