/**
 * What the bytes of a picture, video, sound or track say about themselves, and small pictures made of pictures.
 *
 * <p>Knows no buckets, rows or HTTP. Whatever the bytes claim, memory, bytes read and work are bounded; what cannot be
 * read becomes a note.
 */
@NullMarked
package dev.varve.blobstore.media;

import org.jspecify.annotations.NullMarked;
