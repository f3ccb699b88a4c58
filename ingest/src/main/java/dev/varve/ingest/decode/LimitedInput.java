package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends in an error when a body is larger than allowed. */
final class LimitedInput extends FilterInputStream {
    private final long limit;
    private long read;

    LimitedInput(InputStream in, long limit) {
        super(in);
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        count(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        count(Math.max(count, 0));
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(count);
        count(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** The stream stays the caller's. */
    @Override
    public void close() {}

    private void count(long bytes) {
        read += bytes;
        if (read > limit) {
            throw new VarveException(ErrorCode.TOO_LARGE, "the body is larger than " + limit + " bytes")
                    .withHint("send it in several requests");
        }
    }
}
