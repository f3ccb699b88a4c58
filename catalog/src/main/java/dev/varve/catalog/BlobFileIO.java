package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.List;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;

/** Iceberg's view of the blob store: the blob {@code a/b} is the location {@code s3://lake/a/b}. */
final class BlobFileIO implements FileIO {
    private static final long serialVersionUID = 1L;

    /** Bucket under which every blob of the lake appears to other engines. */
    private static final String ROOT = "s3://lake/";

    private static final int READ_AHEAD_BYTES = 1 << 16;

    private final transient BlobStore blobs;

    BlobFileIO(BlobStore blobs) {
        this.blobs = blobs;
    }

    static String locationOf(String blob) {
        return ROOT + blob;
    }

    static String blobAt(String location) {
        if (!location.startsWith(ROOT)) {
            throw new IllegalArgumentException("location " + location + " is not below " + ROOT);
        }
        return location.substring(ROOT.length());
    }

    @Override
    public InputFile newInputFile(String location) {
        return new BlobInput(location);
    }

    @Override
    public OutputFile newOutputFile(String location) {
        return new BlobOutput(location);
    }

    @Override
    public void deleteFile(String location) {
        blobs.delete(List.of(blobAt(location)));
    }

    private final class BlobInput implements InputFile {
        private final String location;

        BlobInput(String location) {
            this.location = location;
        }

        @Override
        public long getLength() {
            return blobs.size(blobAt(location)).orElseThrow(() -> new NotFoundException("%s is not there", location));
        }

        @Override
        public SeekableInputStream newStream() {
            return new ChannelInput(blobs.open(blobAt(location)));
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public boolean exists() {
            return blobs.size(blobAt(location)).isPresent();
        }
    }

    private final class BlobOutput implements OutputFile {
        private final String location;

        BlobOutput(String location) {
            this.location = location;
        }

        @Override
        public PositionOutputStream create() {
            return new DraftOutput(blobs.create(blobAt(location)));
        }

        @Override
        public PositionOutputStream createOrOverwrite() {
            blobs.delete(List.of(blobAt(location)));
            return create();
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public InputFile toInputFile() {
            return new BlobInput(location);
        }
    }

    /** Reads ahead, for Avro asks for a few bytes at a time. */
    private static final class ChannelInput extends SeekableInputStream {
        private final SeekableByteChannel channel;
        private final ByteBuffer ahead = ByteBuffer.allocate(READ_AHEAD_BYTES).limit(0);

        ChannelInput(SeekableByteChannel channel) {
            this.channel = channel;
        }

        @Override
        public long getPos() throws IOException {
            return channel.position() - ahead.remaining();
        }

        @Override
        public void seek(long position) throws IOException {
            ahead.limit(0);
            channel.position(position);
        }

        @Override
        public int read() throws IOException {
            return fill() ? ahead.get() & 0xFF : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, ahead.remaining());
            ahead.get(bytes, offset, count);
            return count;
        }

        private boolean fill() throws IOException {
            if (ahead.hasRemaining()) {
                return true;
            }
            ahead.clear();
            int count = channel.read(ahead);
            ahead.flip();
            return count > 0;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Becomes a blob when it is closed, unless a write failed before. */
    private static final class DraftOutput extends PositionOutputStream {
        private final BlobStore.Draft draft;
        private final OutputStream out;
        private long position;
        private boolean broken;
        private boolean closed;

        DraftOutput(BlobStore.Draft draft) {
            this.draft = draft;
            this.out = draft.out();
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
                position += length;
            } catch (IOException | VarveException e) {
                broken = true;
                throw e;
            }
        }

        @Override
        public void flush() {
            // Nothing is visible before commit.
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            try (draft) {
                if (!broken) {
                    draft.commit();
                }
            }
        }
    }
}
