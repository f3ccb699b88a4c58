package dev.varve.bench;

import dev.varve.bench.s3.S3Key;
import java.io.IOException;

/** An S3 server of its own process, on this machine. */
interface S3Server extends AutoCloseable {
    String name();

    int s3Port();

    S3Key key();

    long pid();

    default S3Connection connect() throws IOException {
        return new S3Connection(s3Port(), key());
    }

    @Override
    void close();
}
