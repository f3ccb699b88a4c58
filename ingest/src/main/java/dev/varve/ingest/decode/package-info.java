/**
 * From the bytes or batches a client sent to canonical Arrow batches and the errors of the rows left out.
 *
 * <p>Knows the body formats and the rules for values; must not know what happens to a batch afterwards: no log, no
 * catalog, no files of the lake. It is the second front door of its module.
 *
 * <p>A canonical batch has the columns time, lat, lon and then the dataset's own columns in schema order. Exactly one
 * error stands for each row that is left out; rows are numbered from 1 over the whole body.
 */
@NullMarked
package dev.varve.ingest.decode;

import org.jspecify.annotations.NullMarked;
