/**
 * What is known of buckets, objects and uploads: rows, the operations that change them, and the machine that applies them.
 *
 * <p>Knows values of the store and rows in RocksDB; no logs, chunks on disk, threads or clocks. The machine is
 * deterministic: two that apply the same operations hold the same rows, whatever the batches were.
 *
 * <p>Format 1 of rows. Numbers in keys are big-endian, so that rows sort by them; a name stands for its bytes. {@code key*}
 * is an object's key with each byte 0 written as {@code 00 FF}, ended by {@code 00 01}: the order of keys is kept, no key
 * is the beginning of another, and the keys with a prefix are a range.
 *
 * <pre>
 * family       key                                          value
 * bucket       shard:2 name                                 {@link dev.varve.blobstore.meta.BucketRow}
 * object       shard:2 bucket:8 key* ~version:8             {@link dev.varve.blobstore.meta.ObjectRow}, newest first
 * null         shard:2 bucket:8 key*                        version:8 of the version with the id "null", if it is covered
 * upload       shard:2 bucket:8 key* upload:8               {@link dev.varve.blobstore.meta.UploadRow}
 * part         shard:2 upload:8 number:2                    {@link dev.varve.blobstore.meta.PartRow}
 * completed    shard:2 upload:8                             version:8 of the object that it became
 * trash        shard:2 epoch:8 chunk:16                     {@link dev.varve.blobstore.meta.TrashRow}
 * state        shard:2                                      {@link dev.varve.blobstore.meta.ShardHead}
 * </pre>
 *
 * <p>Every value begins with the format's number, one byte; objects put together from parts with checksums have format 2.
 * In values, numbers are LEB128, texts UTF-8 after their length,
 * pairs sorted by name. Ids of buckets, versions and uploads are numbers that their shard has given out in the order of
 * its operations; none is given twice, and no clock has a part in them.
 */
@NullMarked
package dev.varve.blobstore.meta;

import org.jspecify.annotations.NullMarked;
