/**
 * Data files: how a dataset's rows lie in Parquet, written from and read into Arrow batches.
 *
 * <p>Knows columns and bytes; must not know where rows come from, nor what a file is called. Layout, version 1:
 *
 * <ul>
 *   <li>One flat message {@code row}; each column has its Iceberg field id; {@code time}, {@code recorded_at} and {@code
 *       version} are required, the others optional. Timestamps are INT64 microseconds, not adjusted to UTC, UTC by
 *       contract.
 *   <li>Rows are sorted by (cell, time), rows without a cell last; the row groups say so.
 *   <li>Data pages are version 1 with CRC-32, cut at the same rows in all columns of fixed width. A column chunk is
 *       dictionary-encoded when that is smaller, else whole numbers and times are DELTA_BINARY_PACKED, floating point
 *       and text PLAIN.
 *   <li>Each chunk has statistics (exact but for very long texts), a column index and an offset index; columns asked for
 *       have a split-block Bloom filter. The filters, then the indexes, follow the last row group.
 * </ul>
 */
@NullMarked
package dev.varve.ingest.parquet;

import org.jspecify.annotations.NullMarked;
