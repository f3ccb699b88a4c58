package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.RowFileWriter;
import dev.varve.ingest.parquet.RowSource;
import dev.varve.ingest.parquet.WrittenFile;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Makes data files of a dataset in the blob store. */
final class FileWriting {
    private static final int PAGE_ROWS = 16_384;
    private static final int BUFFER_BYTES = 1 << 20;

    private final BlobStore blobs;
    private final IngestConfig config;

    FileWriting(BlobStore blobs, IngestConfig config) {
        this.blobs = blobs;
        this.config = config;
    }

    /** @param rows most rows of a file, for which memory is held */
    FileLayout layout(Dataset dataset, long rows) {
        Schema schema = dataset.schema();
        List<FileLayout.Field> fields = new ArrayList<>();
        Set<String> bloomed = new HashSet<>(schema.key());
        for (Column column : schema.all()) {
            fields.add(new FileLayout.Field(
                    column,
                    dataset.fieldId(column.name()),
                    StoredFields.isRequired(column) ? FileLayout.Presence.REQUIRED : FileLayout.Presence.OPTIONAL));
            if (column.type() == ColumnType.STRING) {
                bloomed.add(column.name());
            }
        }
        int rowGroupRows = Math.clamp(rows, 1, config.rowGroupRows());
        return new FileLayout(fields, bloomed, rowGroupRows, PAGE_ROWS, config.codec());
    }

    /** Begins a file; {@code bucket} holds all its rows. */
    NewFile create(Dataset dataset, FileLayout layout, long run, TimeBucket bucket) {
        String name = dataset.location() + "/data/" + bucket.grain().label() + "/" + bucket.number() + "/"
                + String.format("%019d", run) + "-" + UUID.randomUUID() + ".parquet";
        return new NewFile(name, layout, run, bucket);
    }

    /** A file that is being written; nothing of it stays unless it is finished. Used by one thread. */
    final class NewFile implements AutoCloseable {
        private final String name;
        private final long run;
        private final TimeBucket bucket;
        private final BlobStore.Draft draft;
        private final OutputStream out;
        private final RowFileWriter writer;

        private NewFile(String name, FileLayout layout, long run, TimeBucket bucket) {
            this.name = name;
            this.run = run;
            this.bucket = bucket;
            draft = blobs.create(name);
            try {
                out = new BufferedOutputStream(draft.out(), BUFFER_BYTES);
                writer = new RowFileWriter(layout, out);
            } catch (IOException e) {
                draft.close();
                throw unwritable(e);
            } catch (RuntimeException e) {
                draft.close();
                throw e;
            }
        }

        /** Appends the rows with the numbers {@code order[0..count)}. */
        void write(RowSource source, int[] order, int count) {
            try {
                writer.write(source, order, 0, count);
            } catch (IOException e) {
                throw unwritable(e);
            }
        }

        /** Size of the finished row groups. */
        long bytesSoFar() {
            return writer.bytesSoFar();
        }

        DataFile finish() {
            try {
                WrittenFile written = writer.finish();
                out.flush();
                draft.commit();
                return new DataFile(
                        name,
                        written.rows(),
                        written.bytes(),
                        run,
                        bucket.grain(),
                        bucket.number(),
                        written.firstMicros(),
                        written.lastMicros(),
                        written.cells(),
                        written.columns());
            } catch (IOException e) {
                throw unwritable(e);
            }
        }

        private VarveException unwritable(IOException e) {
            ErrorCode code = blobs.usableBytes() < BUFFER_BYTES ? ErrorCode.DISK_FULL : ErrorCode.STORAGE;
            return new VarveException(code, "cannot write " + name + ": " + e.getMessage(), e);
        }

        @Override
        public void close() {
            draft.close();
        }
    }

    /** Deletes files that no snapshot names. */
    void discard(List<DataFile> files) {
        blobs.delete(files.stream().map(DataFile::blob).toList());
    }
}
