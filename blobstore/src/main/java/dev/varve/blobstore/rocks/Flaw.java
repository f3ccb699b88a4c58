package dev.varve.blobstore.rocks;

import java.nio.file.Path;

/**
 * A place where a file is not what had been written.
 *
 * @param file or the directory, if it is not known which
 * @param offset where it begins, as far as that is known
 * @param reason in words
 */
public record Flaw(Path file, long offset, String reason) {}
