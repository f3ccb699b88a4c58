package dev.varve.server.recipe;

import java.nio.file.Path;

/**
 * A row that cannot be stored.
 *
 * @param row counts from 1, without a header; in files without a fixed shape it is the line
 */
public record BadRow(Path file, long row, String column, String value, String reason) {}
