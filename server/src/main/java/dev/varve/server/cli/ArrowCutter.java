package dev.varve.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.jspecify.annotations.Nullable;

/** Makes each record batch of an Arrow file or stream a body, or all together one. */
final class ArrowCutter implements BodyCutter {
    private static final String FILE_MAGIC = "ARROW1";

    private final BufferAllocator memory = new RootAllocator();
    private final ArrowReader reader;
    private final boolean inOneBody;
    private long rows;

    private ArrowCutter(FileChannel channel, boolean isFile, boolean inOneBody) {
        this.inOneBody = inOneBody;
        this.reader = isFile
                ? new ArrowFileReader(channel, memory, CommonsCompressionFactory.INSTANCE)
                : new ArrowStreamReader(Channels.newInputStream(channel), memory, CommonsCompressionFactory.INSTANCE);
    }

    static ArrowCutter open(Path file, boolean inOneBody) throws IOException {
        byte[] magic;
        try (var in = Files.newInputStream(file)) {
            magic = in.readNBytes(FILE_MAGIC.length());
        }
        boolean isFile = new String(magic, StandardCharsets.US_ASCII).equals(FILE_MAGIC);
        return new ArrowCutter(FileChannel.open(file, StandardOpenOption.READ), isFile, inOneBody);
    }

    @Override
    public @Nullable Body next() throws IOException {
        try {
            if (!reader.loadNextBatch()) {
                return null;
            }
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            long before = rows;
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
            try (ArrowStreamWriter writer = new ArrowStreamWriter(root, reader, Channels.newChannel(bytes))) {
                writer.start();
                do {
                    writer.writeBatch();
                    rows += root.getRowCount();
                } while (inOneBody && reader.loadNextBatch());
                writer.end();
            }
            return new Body(bytes.toByteArray(), bytes.size(), before, rows - before);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("the file is not whole Arrow data: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        reader.close();
        memory.close();
    }
}
