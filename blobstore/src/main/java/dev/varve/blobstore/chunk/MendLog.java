package dev.varve.blobstore.chunk;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was missing or damaged and could be made again from the rest, since the store was opened. Thread-safe. */
final class MendLog {
    private static final Logger LOG = LoggerFactory.getLogger(MendLog.class);
    private static final int MOST = 1000;

    private final Path directory;
    private final List<Damage> mended = new ArrayList<>();

    MendLog(Path directory) {
        this.directory = directory;
    }

    synchronized void add(Path file, String reason) {
        LOG.warn("made again what was damaged file={} reason={}", file, reason);
        if (mended.size() < MOST) {
            mended.add(new Damage(directory.relativize(file).toString(), 0, null, reason));
        }
    }

    synchronized List<Damage> all() {
        return List.copyOf(mended);
    }
}
