package dev.varve.server.recipe;

import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/** Opens a file, compressed with gzip or not, and tells how many of its bytes were read. */
final class RecipeInput {
    private RecipeInput() {}

    static InputStream open(Path file, LongConsumer bytesRead) throws IOException {
        InputStream raw = new Counted(Files.newInputStream(file), bytesRead);
        return file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
    }

    static BufferedReader text(Path file, LongConsumer bytesRead) throws IOException {
        return new BufferedReader(new InputStreamReader(open(file, bytesRead), StandardCharsets.UTF_8), 1 << 16);
    }

    private static final class Counted extends FilterInputStream {
        private final LongConsumer bytesRead;

        Counted(InputStream in, LongConsumer bytesRead) {
            super(in);
            this.bytesRead = bytesRead;
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            if (value >= 0) {
                bytesRead.accept(1);
            }
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = in.read(target, offset, length);
            if (read > 0) {
                bytesRead.accept(read);
            }
            return read;
        }
    }
}
