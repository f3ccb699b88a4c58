package dev.varve.blobstore.chunk;

import org.jspecify.annotations.Nullable;

/**
 * Something on the disk that is not what had been written.
 *
 * @param file relative to the store's directory
 * @param offset in the file, where it begins
 * @param chunk that can no longer be read, or null if that is not known or none
 * @param reason in words
 */
public record Damage(String file, long offset, @Nullable ChunkId chunk, String reason) {}
