package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.CleanableFailure;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.jspecify.annotations.Nullable;

/**
 * A table whose current metadata file is named by a register; a commit is one compare-and-set of it.
 *
 * <p>The register {@code tables/<dataset>} holds the location of the metadata file as UTF-8, or nothing when the dataset
 * was dropped. Guarded by a lock of its {@link DatasetTable}.
 */
final class BlobTableOperations implements TableOperations {
    static final String REGISTERS = "tables/";

    private final DatasetName name;
    private final BlobStore blobs;
    private final FileIO files;
    private final Consumer<String> superseded;
    private @Nullable TableMetadata current;
    private long version = BlobStore.ABSENT;

    /** @param superseded is told the blobs of metadata files that a commit let go */
    BlobTableOperations(DatasetName name, BlobStore blobs, FileIO files, Consumer<String> superseded) {
        this.name = name;
        this.blobs = blobs;
        this.files = files;
        this.superseded = superseded;
    }

    /** Another commit came first. Iceberg cleans up what it wrote and does not retry: the caller does, from new state. */
    static final class CommitLost extends RuntimeException implements CleanableFailure {
        private static final long serialVersionUID = 1L;

        CommitLost(DatasetName name) {
            super("another commit to " + name + " came first");
        }
    }

    /** Reads the register; false when there is no such table. */
    boolean load() {
        Optional<BlobStore.Register> register = blobs.register(REGISTERS + name);
        long found = versionOf(register);
        if (found == version) {
            return current != null;
        }
        String location = register.map(content -> StandardCharsets.UTF_8
                        .decode(content.content().duplicate())
                        .toString())
                .orElse("");
        current = location.isEmpty() ? null : TableMetadataParser.read(files.newInputFile(location));
        version = found;
        return current != null;
    }

    /** The version of the register at the last {@link #load} or commit. */
    long version() {
        return version;
    }

    @Override
    public TableMetadata current() {
        TableMetadata metadata = current;
        if (metadata == null) {
            throw new VarveException(ErrorCode.DATASET_NOT_FOUND, "dataset '" + name + "' is gone");
        }
        return metadata;
    }

    /** Stays at what {@link #load} read: a change that was decided on that state must not commit on another. */
    @Override
    public TableMetadata refresh() {
        return current();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // a base is stale unless it is the very state that was read
    public void commit(@Nullable TableMetadata base, TableMetadata metadata) {
        if (base != current) {
            throw new CommitLost(name);
        }
        String location = metadata.location() + "/metadata/"
                + String.format("%05d-%s.metadata.json", version + 1, UUID.randomUUID());
        TableMetadataParser.write(metadata, files.newOutputFile(location));
        pointTo(location);
        current = TableMetadata.buildFrom(metadata)
                .discardChanges()
                .withMetadataLocation(location)
                .build();
        if (base != null) {
            List<TableMetadata.MetadataLogEntry> kept = metadata.previousFiles();
            base.previousFiles().stream()
                    .filter(entry -> !kept.contains(entry))
                    .map(entry -> BlobFileIO.blobAt(entry.file()))
                    .forEach(superseded);
        }
    }

    /** Makes the table be no more. */
    void drop() {
        pointTo("");
        current = null;
    }

    private void pointTo(String location) {
        Optional<Long> next;
        try {
            next = blobs.compareAndSet(
                    REGISTERS + name, version, ByteBuffer.wrap(location.getBytes(StandardCharsets.UTF_8)));
        } catch (VarveException e) {
            if (versionNow() == version) {
                throw e;
            }
            // It has changed, by this commit or another; whether for good, the failure leaves open.
            throw new CommitStateUnknownException(e);
        }
        if (next.isEmpty()) {
            if (!location.isEmpty()) {
                files.deleteFile(location);
            }
            throw new CommitLost(name);
        }
        version = next.get();
    }

    private long versionNow() {
        return versionOf(blobs.register(REGISTERS + name));
    }

    private static long versionOf(Optional<BlobStore.Register> register) {
        return register.map(BlobStore.Register::version).orElse(BlobStore.ABSENT);
    }

    @Override
    public FileIO io() {
        return files;
    }

    @Override
    public String metadataFileLocation(String fileName) {
        return current().location() + "/metadata/" + fileName;
    }

    @Override
    public LocationProvider locationProvider() {
        return LocationProviders.locationsFor(current().location(), current().properties());
    }
}
