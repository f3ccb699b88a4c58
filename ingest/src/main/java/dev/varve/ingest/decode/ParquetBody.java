package dev.varve.ingest.decode;

import dev.varve.ingest.parquet.ParquetRowReader;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/** A Parquet body, laid down in a temporary file because its directory comes last; deleted on close. */
final class ParquetBody implements TypedBody {
    private final Path file;
    private final ParquetRowReader reader;
    private long batches;

    ParquetBody(InputStream body, BufferAllocator memory, DecodeLimits limits) {
        ParquetRowReader opened = null;
        file = temporary();
        try {
            Files.copy(body, file, StandardCopyOption.REPLACE_EXISTING);
            opened = ParquetRowReader.open(file, memory, limits.rowsPerBatch(), limits.sourceBatchBytes());
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the Parquet body cannot be read: " + e.getMessage(), e);
        } finally {
            if (opened == null) {
                delete();
            }
        }
        reader = opened;
    }

    private static Path temporary() {
        try {
            return Files.createTempFile("varve-body-", ".parquet");
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "no temporary file for a Parquet body: " + e.getMessage(), e);
        }
    }

    @Override
    public VectorSchemaRoot root() {
        return reader.root();
    }

    @Override
    public DictionaryProvider dictionaries() {
        return new DictionaryProvider.MapDictionaryProvider();
    }

    /** Loads the next batch into the root; false at the end of the file. */
    @Override
    public boolean next() {
        try {
            boolean found = reader.next();
            batches += found ? 1 : 0;
            return found;
        } catch (OutOfMemoryException e) {
            throw new VarveException(ErrorCode.OVERLOADED, "no memory left to read the Parquet body", e)
                    .withHint("write smaller row groups, or try again later");
        } catch (IOException e) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST,
                    "batch " + (batches + 1) + " of the Parquet body cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "the temporary file " + file + " cannot be deleted", e);
        }
    }

    @Override
    public void close() {
        reader.close();
        delete();
    }
}
