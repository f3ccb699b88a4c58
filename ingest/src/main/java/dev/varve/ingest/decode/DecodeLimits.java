package dev.varve.ingest.decode;

/**
 * What a body may cost.
 *
 * @param rowsPerBatch most rows of a batch, the ones left out included
 * @param bytesPerBatch a batch is cut at the first row that brings it to this size
 * @param rowBytes longest line or record in bytes; a longer one is left out
 * @param valueBytes longest string or binary value in bytes
 * @param nestingDepth deepest JSON nesting
 * @param sourceColumns most columns of a body
 * @param bodyBytes most bytes of a body, after {@code Content-Encoding}
 * @param sourceBatchBytes most bytes of one record batch or row group of a body, uncompressed
 * @param sourceBatchRows most rows of one record batch of a body
 * @param inferenceRows rows that inference looks at
 */
public record DecodeLimits(
        int rowsPerBatch,
        int bytesPerBatch,
        int rowBytes,
        int valueBytes,
        int nestingDepth,
        int sourceColumns,
        long bodyBytes,
        long sourceBatchBytes,
        int sourceBatchRows,
        int inferenceRows) {
    private static final int MIB = 1 << 20;

    public static final DecodeLimits DEFAULT =
            new DecodeLimits(65_536, 16 * MIB, MIB, MIB, 16, 2_000, 64L * 1_024 * MIB, 256L * MIB, 16 * MIB, 10_000);

    public DecodeLimits {
        if (rowsPerBatch < 1 || bytesPerBatch < 1 || rowBytes < 1 || valueBytes < 1 || nestingDepth < 1) {
            throw new IllegalArgumentException("a limit is below 1");
        }
        if (sourceColumns < 1 || bodyBytes < 1 || sourceBatchBytes < 1 || sourceBatchRows < 1 || inferenceRows < 1) {
            throw new IllegalArgumentException("a limit is below 1");
        }
    }

    /** The same limits with another size of batches. */
    public DecodeLimits withBatches(int rows, int bytes) {
        return new DecodeLimits(
                rows,
                bytes,
                rowBytes,
                valueBytes,
                nestingDepth,
                sourceColumns,
                bodyBytes,
                sourceBatchBytes,
                sourceBatchRows,
                inferenceRows);
    }

    /** The same limits with another size of bodies. */
    public DecodeLimits withBodyBytes(long bytes) {
        return new DecodeLimits(
                rowsPerBatch,
                bytesPerBatch,
                rowBytes,
                valueBytes,
                nestingDepth,
                sourceColumns,
                bytes,
                sourceBatchBytes,
                sourceBatchRows,
                inferenceRows);
    }
}
