/**
 * The files of a RocksDB directory, looked at from outside: whether they are those that it wrote.
 *
 * <p>Knows RocksDB's names and the format of its manifest; no rows, chunks or objects.
 */
@NullMarked
package dev.varve.blobstore.rocks;

import org.jspecify.annotations.NullMarked;
