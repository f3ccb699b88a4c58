package dev.varve.ingest;

import dev.varve.ingest.parquet.Codec;
import java.time.Duration;

/**
 * Limits of ingest.
 *
 * @param memtableMaxBytes {@code memtable.max-bytes}: bytes of rows that wait for a flush; as much again may be in a flush
 * @param memtableMaxWait {@code memtable.max-wait}: how long an append waits for memory before it is refused
 * @param flushMaxRows {@code flush.max-rows}: a dataset with that many rows in memory is flushed
 * @param flushMaxBytes {@code flush.max-bytes}: likewise by bytes
 * @param flushMaxAge {@code flush.max-age}: likewise by the age of its oldest row
 * @param inFlight {@code append.in-flight}: most batches on their way into the log
 * @param keysRemembered {@code idempotency.max-keys}: most idempotency keys remembered
 * @param keysMaxAge {@code idempotency.max-age}: how long they are remembered
 * @param batchLoadMaxBytes {@code load.max-batch-bytes}: most bytes of a body that is all or nothing, decoded
 * @param fileMaxBytes {@code file.max-bytes}: compaction starts a new file about there
 * @param fileMinRows {@code file.min-rows}: a time bucket with that many rows is worth a file of its own; rows of others go
 *     together into files of a coarser grain
 * @param rowGroupRows {@code file.row-group-rows}
 * @param compactionMaxRows {@code compaction.max-rows}: most rows merged at once
 * @param compactionMinAge {@code compaction.min-age}: how long files that may hold versions of the same rows are left alone
 *     after their newest row came; ten times as long until a few new rows make a large file be written anew
 * @param background who flushes
 */
public record IngestConfig(
        long memtableMaxBytes,
        Duration memtableMaxWait,
        long flushMaxRows,
        long flushMaxBytes,
        Duration flushMaxAge,
        int inFlight,
        int keysRemembered,
        Duration keysMaxAge,
        long batchLoadMaxBytes,
        long fileMaxBytes,
        long fileMinRows,
        int rowGroupRows,
        Codec codec,
        long compactionMaxRows,
        Duration compactionMinAge,
        Background background) {
    /** Who flushes when a limit is reached. */
    public enum Background {
        /** A thread of ingest's own. */
        OWN_THREAD,
        /** Only whoever calls {@link Ingest#flushDue}: for tests with a clock of their own. */
        CALLER
    }

    private static final long MIB = 1L << 20;

    public static final IngestConfig DEFAULT = new IngestConfig(
            256 * MIB,
            Duration.ofSeconds(30),
            4_000_000,
            192 * MIB,
            Duration.ofSeconds(60),
            1_024,
            250_000,
            Duration.ofHours(24),
            256 * MIB,
            128 * MIB,
            32_768,
            65_536,
            Codec.SNAPPY,
            64_000_000,
            Duration.ofMinutes(3),
            Background.OWN_THREAD);

    public IngestConfig {
        if (memtableMaxBytes < MIB
                || flushMaxRows < 1
                || flushMaxBytes < 1
                || inFlight < 1
                || keysRemembered < 1
                || fileMinRows < 1) {
            throw new IllegalArgumentException("a limit of ingest is too low: memtable.max-bytes " + memtableMaxBytes
                    + ", flush.max-rows " + flushMaxRows + ", flush.max-bytes " + flushMaxBytes
                    + ", append.in-flight " + inFlight + ", idempotency.max-keys " + keysRemembered
                    + ", file.min-rows " + fileMinRows);
        }
        if (rowGroupRows < 1 || rowGroupRows > 65_536) {
            throw new IllegalArgumentException("file.row-group-rows is " + rowGroupRows + "; it is 1 to 65536");
        }
    }

    public IngestConfig withMemtable(long maxBytes, Duration maxWait) {
        return new IngestConfig(
                maxBytes,
                maxWait,
                flushMaxRows,
                flushMaxBytes,
                flushMaxAge,
                inFlight,
                keysRemembered,
                keysMaxAge,
                batchLoadMaxBytes,
                fileMaxBytes,
                fileMinRows,
                rowGroupRows,
                codec,
                compactionMaxRows,
                compactionMinAge,
                background);
    }

    public IngestConfig withFlush(long maxRows, long maxBytes, Duration maxAge, Background by) {
        return new IngestConfig(
                memtableMaxBytes,
                memtableMaxWait,
                maxRows,
                maxBytes,
                maxAge,
                inFlight,
                keysRemembered,
                keysMaxAge,
                batchLoadMaxBytes,
                fileMaxBytes,
                fileMinRows,
                rowGroupRows,
                codec,
                compactionMaxRows,
                compactionMinAge,
                by);
    }

    public IngestConfig withFiles(long maxBytes, int newRowGroupRows, Codec newCodec) {
        return new IngestConfig(
                memtableMaxBytes,
                memtableMaxWait,
                flushMaxRows,
                flushMaxBytes,
                flushMaxAge,
                inFlight,
                keysRemembered,
                keysMaxAge,
                batchLoadMaxBytes,
                maxBytes,
                fileMinRows,
                newRowGroupRows,
                newCodec,
                compactionMaxRows,
                compactionMinAge,
                background);
    }

    public IngestConfig withFileMinRows(long rows) {
        return new IngestConfig(
                memtableMaxBytes,
                memtableMaxWait,
                flushMaxRows,
                flushMaxBytes,
                flushMaxAge,
                inFlight,
                keysRemembered,
                keysMaxAge,
                batchLoadMaxBytes,
                fileMaxBytes,
                rows,
                rowGroupRows,
                codec,
                compactionMaxRows,
                compactionMinAge,
                background);
    }

    public IngestConfig withCompaction(long maxRows, Duration minAge) {
        return new IngestConfig(
                memtableMaxBytes,
                memtableMaxWait,
                flushMaxRows,
                flushMaxBytes,
                flushMaxAge,
                inFlight,
                keysRemembered,
                keysMaxAge,
                batchLoadMaxBytes,
                fileMaxBytes,
                fileMinRows,
                rowGroupRows,
                codec,
                maxRows,
                minAge,
                background);
    }
}
