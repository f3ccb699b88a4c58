package dev.varve.ingest;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.ingest.parquet.FileLayout;
import dev.varve.ingest.parquet.RowFileWriter;
import dev.varve.ingest.parquet.WrittenFile;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.io.BufferedOutputStream;
import java.io.IOException;
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

    /** Puts a file's rows, in order, into its writer. */
    interface Rows {
        void writeTo(RowFileWriter writer) throws IOException;
    }

    FileLayout layout(Dataset dataset) {
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
        return new FileLayout(fields, bloomed, config.rowGroupRows(), PAGE_ROWS, config.codec());
    }

    DataFile write(Dataset dataset, FileLayout layout, long run, TimeGrain grain, int bucket, Rows rows) {
        String name = dataset.location() + "/data/" + grain.label() + "/" + bucket + "/" + String.format("%019d", run)
                + "-" + UUID.randomUUID() + ".parquet";
        try (BlobStore.Draft draft = blobs.create(name)) {
            BufferedOutputStream out = new BufferedOutputStream(draft.out(), BUFFER_BYTES);
            RowFileWriter writer = new RowFileWriter(layout, out);
            rows.writeTo(writer);
            WrittenFile written = writer.finish();
            out.flush();
            draft.commit();
            return new DataFile(
                    name,
                    written.rows(),
                    written.bytes(),
                    run,
                    grain,
                    bucket,
                    written.firstMicros(),
                    written.lastMicros(),
                    written.cells(),
                    written.columns());
        } catch (IOException e) {
            ErrorCode code = blobs.usableBytes() < BUFFER_BYTES ? ErrorCode.DISK_FULL : ErrorCode.STORAGE;
            throw new VarveException(code, "cannot write " + name + ": " + e.getMessage(), e);
        }
    }

    /** Deletes files that no snapshot names. */
    void discard(List<DataFile> files) {
        blobs.delete(files.stream().map(DataFile::blob).toList());
    }
}
