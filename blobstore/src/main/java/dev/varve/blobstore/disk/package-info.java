/**
 * What durability asks of a file system.
 *
 * <p>Knows no chunks, logs or objects.
 */
@NullMarked
package dev.varve.blobstore.disk;

import org.jspecify.annotations.NullMarked;
