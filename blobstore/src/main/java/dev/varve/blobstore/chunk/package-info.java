/**
 * Immutable chunks on one disk: packed into append-only segments, or as plain files that other engines open in place.
 *
 * <p>Knows bytes, ids and one disk. Must not know objects, buckets, logs, replicas or the package above.
 *
 * <h2>Format 1</h2>
 *
 * All numbers are big-endian; every byte is covered by some checksum, each of them CRC32C.
 *
 * <pre>
 * IDENTITY, BOOT, BOOT2               whose disk this is; how often it was opened, twice
 * segments/gg-bbbbbbbb-nnnnnnnn.seg   group, boot and number in hex; boot and number are the segment's id
 * files/xx/&lt;chunk id&gt;.parquet         a drafted chunk, byte for byte; files/xx/&lt;chunk id&gt;.crc its checksums
 * drafts/                             what is being written and nothing that counts
 * index/                              where each chunk is; can be rebuilt from the rest
 * native/                             a library unpacked from a jar; can go at any time
 *
 * segment  = header record*                    named after its header was written and fsynced
 * header   = magic     long  "VARVESEG"        32 bytes
 *            format    int   1
 *            salt      int   random
 *            segment   long  boot (32) and number (32)
 *            group     int
 *            crc       int   of the 28 bytes before
 * record   = magic     int   "VCHK"            64 bytes of header
 *            format    byte  1
 *            kind      byte  1 PUT, 2 FILE, 3 TOMBSTONE, 4 MARK, 5 SEAL
 *            zero      short
 *            id        long long
 *            length    int   bytes of payload; 0 but in a PUT; of a FILE the upper half of the stamp
 *            extent    long  of a FILE its length; of a TOMBSTONE the segment that holds what it deletes; of a PUT the stamp
 *            gcBirth   long  of a TOMBSTONE the stamp
 *            synced    long  offset in the segment below which all was fsynced before this record was written
 *            crc       int   of the chunk
 *            blocksCrc int   of the table that follows; of a FILE the lower half of the stamp
 *            headerCrc int   of the salt and the 60 bytes before
 *            blocks    int*  CRC of each 64 KiB of payload
 *            payload   byte* length
 *            crc       int   of the chunk, again
 *            size      int   bytes of the record, for a scan backwards
 * sidecar  = magic     long  "VARVECRC"
 *            format    int   1
 *            id        long long
 *            length, gcBirth long long
 *            crc       int   of the chunk
 *            blocks    int*  CRC of each 64 KiB of the file
 *            crc       int   of all before
 * </pre>
 *
 * <p>Records of one group commit are written together and fsynced once, so a crash may leave any part of the last group.
 * An unreadable place {@code d} is damage if a readable record behind it, or the index, says that all below some offset
 * beyond {@code d} had been fsynced; otherwise it is a torn tail, cut at {@code d}. A MARK is written when the store is
 * closed and a SEAL when a segment is complete, so that the last group is covered too.
 *
 * <p>A chunk whose id this store gave has the stamp 0, comes once, and any tombstone deletes it. One whose id was given to
 * the store may come again, after it was deleted or because it was damaged; its stamp says in which order that was: a
 * tombstone deletes the chunk where its stamp is lower, and of two records of a chunk that with the higher stamp counts.
 */
@NullMarked
package dev.varve.blobstore.chunk;

import org.jspecify.annotations.NullMarked;
