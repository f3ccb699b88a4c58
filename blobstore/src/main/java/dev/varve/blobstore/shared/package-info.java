/**
 * A log that all nodes of a cluster see in one order: entries are chunks, a small register names the newest one, whoever
 * leads changes it by compare-and-set.
 *
 * <p>Knows chunks, a register, and how to ask other nodes. Must not know what is in a record, ZooKeeper, or the package
 * above.
 *
 * <h2>Rules</h2>
 *
 * <ol>
 *   <li>A leader has raised the register's epoch and then waited one lease, unless the one before had released it.
 *   <li>For one version of the register there is one content: an outcome that nobody knows is found out by repeating the
 *       identical compare-and-set or by reading.
 *   <li>A leader tells where the log ends only while its lease lasts, which counts from before the question to the
 *       register, and includes in the end what may just be committed.
 *   <li>A record is sent with the epoch it is meant for. It is sent for a later epoch only after this node has seen all
 *       that was committed when that epoch began, and the record was not there.
 *   <li>A request to append is handled once, whatever the answer is, for a copy of it may be answered otherwise.
 *   <li>A node that learns of a higher epoch leads no more.
 * </ol>
 *
 * <h2>Format 1 of an entry</h2>
 *
 * All numbers are big-endian; the checksum is that of the chunk. A text is its length (short) and UTF-8.
 *
 * <pre>
 * magic     int    "VLOG"
 * format    byte   1
 * log       text   its name
 * epoch     long
 * first     long   position of the first record
 * time      long   of the leader, milliseconds since 1970
 * trusted   long   the same, never less than in the entry before
 * previous  byte   how many, at most 16, oldest first; of each
 *   first   long
 *   chunk   long long id, long length, int crc
 * origins   short  how many; of each
 *   node    text
 *   boot    long
 * records   int    how many; of each
 *   origin  short
 *   number  long
 *   length  int
 *   bytes
 * </pre>
 *
 * <h2>Format 1 of the manifest of a checkpoint</h2>
 *
 * <pre>
 * magic     int    "VLCP"
 * format    byte   1
 * log       text   its name
 * position  long
 * length    int
 * bytes
 * </pre>
 */
@NullMarked
package dev.varve.blobstore.shared;

import org.jspecify.annotations.NullMarked;
