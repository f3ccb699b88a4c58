package dev.varve.blobstore;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalCommitLogTest extends CommitLogContract {
    @TempDir
    private Path directory;

    @Override
    CommitLog open() {
        return LocalCommitLog.open(directory.resolve("log"), new CommitLogConfig(10_000, 1 << 20, 1 << 16));
    }
}
