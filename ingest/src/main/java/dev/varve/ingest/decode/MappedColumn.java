package dev.varve.ingest.decode;

import dev.varve.model.ColumnType;

/**
 * Which column of a body feeds which column of the dataset.
 *
 * @param source the name in the body; several names joined by a comma where a time is put together
 * @param target the name in the dataset
 * @param type the type in the dataset
 * @param sample the first value found, as text; empty when none was seen
 */
public record MappedColumn(String source, String target, ColumnType type, String sample) {}
