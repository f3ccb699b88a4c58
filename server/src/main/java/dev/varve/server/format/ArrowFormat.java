package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/** The Arrow IPC stream; one that ends without its end marker is not whole. */
record ArrowFormat() implements ResultFormat.Streamed {
    @Override
    public String label() {
        return "arrow";
    }

    @Override
    public String mediaType() {
        return "application/vnd.apache.arrow.stream";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream out) {
        return new Writer(schema, out);
    }

    private static final class Writer implements ResultWriter {
        private final Schema schema;
        private final WriteChannel channel;
        private boolean begun;

        Writer(Schema schema, OutputStream out) {
            this.schema = schema;
            this.channel = new WriteChannel(new Copying(out));
        }

        private void begin() throws IOException {
            if (!begun) {
                begun = true;
                MessageSerializer.serialize(channel, schema);
            }
        }

        @Override
        public void write(VectorSchemaRoot batch) throws IOException {
            begin();
            try (ArrowRecordBatch record = new VectorUnloader(batch).getRecordBatch()) {
                MessageSerializer.serialize(channel, record);
            }
        }

        @Override
        public void end(ObjectNode stats) throws IOException {
            begin();
            ArrowStreamWriter.writeEndOfStream(channel, IpcOption.DEFAULT);
        }

        @Override
        public void fail(ObjectNode problem) {}
    }

    /** Hands direct buffers to a stream in pieces of 64 KiB; the JDK's adapter takes 8. */
    private static final class Copying implements WritableByteChannel {
        private final OutputStream out;
        private final byte[] piece = new byte[64 * 1024];

        Copying(OutputStream out) {
            this.out = out;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int length = source.remaining();
            while (source.hasRemaining()) {
                int count = Math.min(piece.length, source.remaining());
                source.get(piece, 0, count);
                out.write(piece, 0, count);
            }
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
