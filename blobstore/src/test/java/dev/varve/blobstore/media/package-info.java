/** Tests of media facts and thumbnails, and media made for tests. */
@org.jspecify.annotations.NullMarked
package dev.varve.blobstore.media;
