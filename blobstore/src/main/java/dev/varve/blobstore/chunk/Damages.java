package dev.varve.blobstore.chunk;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Takes reports of damage, and keeps aside the segments that are concerned. Thread-safe. */
final class Damages {
    private final Path directory;
    private final DamageLog log;
    private final SegmentTable table;

    Damages(Path directory, DamageLog log, SegmentTable table) {
        this.directory = directory;
        this.log = log;
        this.table = table;
    }

    void report(Path path, long offset, @Nullable ChunkId chunk, String reason) {
        log.add(new Damage(name(path), offset, chunk, reason));
        long segment = Segment.idOf(path);
        SegmentTable.Entry entry = table.entry(segment);
        if (entry != null && !entry.row().damaged()) {
            table.setDamaged(segment);
        }
    }

    private String name(Path path) {
        return path.startsWith(directory) ? directory.relativize(path).toString() : path.toString();
    }

    /** The file is gone on purpose. */
    void forget(Path path) {
        String name = name(path);
        log.removeIf(damage -> damage.file().equals(name));
    }

    /** The chunk is not wanted any more. */
    void forget(ChunkId id) {
        log.removeIf(damage -> id.equals(damage.chunk()));
    }
}
