package dev.varve.ingest;

import dev.varve.blobstore.CommitLog;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Brings the log's rows that are in no file back into the memtables when ingest opens; used by one thread. */
final class Replay {
    private final IngestConfig config;
    private final CommitLog log;
    private final MemTables tables;
    private final MemoryGate gate;
    private final KeyWindow keys;
    private final Flusher flusher;
    private final BufferAllocator memory;
    private final InstantSource clock;

    /** Datasets by id, with the log position their files go to. */
    private final Map<UUID, Target> targets = new HashMap<>();

    private record Target(Dataset dataset, long logPosition) {}

    Replay(
            IngestConfig config,
            CommitLog log,
            Catalog catalog,
            MemTables tables,
            MemoryGate gate,
            KeyWindow keys,
            Flusher flusher,
            BufferAllocator memory,
            InstantSource clock) {
        this.config = config;
        this.log = log;
        this.tables = tables;
        this.gate = gate;
        this.keys = keys;
        this.flusher = flusher;
        this.memory = memory;
        this.clock = clock;
        for (Dataset dataset : catalog.list()) {
            targets.put(
                    dataset.id(),
                    new Target(dataset, catalog.snapshot(dataset.name()).logPosition()));
        }
    }

    void run() {
        log.read(log.start(), this::batch);
    }

    private void batch(long position, ByteBuffer bytes) {
        LogRecord record = LogRecord.decode(bytes);
        KeyHash key = record.key();
        if (key != null) {
            keys.applied(new KeyWindow.Entry(
                    key,
                    record.digest(),
                    position,
                    record.accepted(),
                    record.rejected(),
                    record.recordedAtMicros() / 1_000));
        }
        Target target = targets.get(record.dataset());
        if (target == null || position < target.logPosition()) {
            return;
        }
        int length = bytes.remaining();
        long charge = length + 2L * Long.BYTES * record.rows();
        LiveRows live = tables.of(target.dataset());
        try (ArrowBuf copy = memory.buffer(length)) {
            copy.setBytes(0, bytes.duplicate());
            copy.writerIndex(length);
            VectorSchemaRoot rows = record.load(copy, memory);
            gate.take(charge);
            live.add(rows, position, charge);
        }
        if (gate.used() > config.memtableMaxBytes() || flusher.isDue(live, clock.millis())) {
            for (LiveRows full : tables.all()) {
                if (full.bytes() * 4 >= gate.used()) {
                    flusher.flush(full, () -> position + 1, Flusher.LogCut.NEVER);
                }
            }
        }
    }
}
