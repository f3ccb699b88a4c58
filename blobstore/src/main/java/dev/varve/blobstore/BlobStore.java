package dev.varve.blobstore;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Named bytes: immutable blobs for files, and small registers that change by compare-and-set.
 *
 * <p>Names are {@code /}-separated keys such as {@code tables/quakes/data/0001.parquet}. What a method acknowledged
 * survives a crash. Failures of the disk are {@code VarveException} with {@code STORAGE} or {@code DISK_FULL}.
 */
public interface BlobStore extends AutoCloseable {
    /** A register's content and the version to name in the next {@link #compareAndSet}. */
    record Register(ByteBuffer content, long version) {}

    /** Version that a register which does not exist yet has. */
    long ABSENT = 0;

    /** Writes a blob by streaming; it exists, durable and whole, after {@link Draft#commit()}, else not at all. */
    Draft create(String name);

    /** A blob being written. Closing without commit leaves nothing. */
    interface Draft extends AutoCloseable {
        OutputStream out();

        /** Where the draft's bytes lie, for writers that need a file of their own. */
        Path path();

        /** Makes the blob durable and visible; returns its size in bytes. The name must be new. */
        long commit();

        @Override
        void close();
    }

    Optional<Long> size(String name);

    /** Opens a blob for reading. */
    SeekableByteChannel open(String name);

    /** A local file with exactly the blob's bytes, for engines that open files in place; never written to. */
    Path localPath(String name);

    /** Names that start with {@code prefix}, sorted. */
    List<String> list(String prefix);

    /** Deletes blobs; those that are not there are passed over. */
    void delete(List<String> names);

    Optional<Register> register(String name);

    /** Names of registers that start with {@code prefix}, sorted. */
    List<String> registers(String prefix);

    /** The versions of registers that start with {@code prefix}, by name, in order: one look at all of them. */
    SortedMap<String, Long> registerVersions(String prefix);

    /**
     * Sets a register if its version is {@code expected}; returns the new version, or empty when another change came
     * first. Durable when it returns.
     */
    Optional<Long> compareAndSet(String name, long expected, ByteBuffer content);

    /** Bytes that can still be written. */
    long usableBytes();

    @Override
    void close();
}
