package dev.varve.server.format;

/** Writes one column's value of a row, null included. */
@FunctionalInterface
interface CellWriter {
    void write(int row, TextSink out);
}
