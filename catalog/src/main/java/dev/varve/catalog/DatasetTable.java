package dev.varve.catalog;

import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdatePartitionSpec;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.metrics.MetricsReport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One dataset: its Iceberg table, and the snapshot that readers get.
 *
 * <p>Changes hold {@link #lock}; each is decided on the newest state, committed, and then published in {@link #published}.
 * When another catalog on the same store commits in between, the change is decided again, a bounded number of times.
 */
final class DatasetTable {
    private static final Logger LOG = LoggerFactory.getLogger(DatasetTable.class);
    private static final String LOG_POSITION = "varve.log-position";
    private static final int MOST_ATTEMPTS = 10;

    private final DatasetName name;
    private final BlobTableOperations operations;
    private final CatalogConfig config;
    private final Garbage garbage;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Snapshot published;

    private DatasetTable(
            DatasetName name,
            BlobTableOperations operations,
            CatalogConfig config,
            Garbage garbage,
            Snapshot published) {
        this.name = name;
        this.operations = operations;
        this.config = config;
        this.garbage = garbage;
        this.published = published;
    }

    /** The table behind operations that have been loaded. */
    static DatasetTable open(DatasetName name, BlobTableOperations operations, CatalogConfig config, Garbage garbage) {
        return new DatasetTable(name, operations, config, garbage, read(name, operations));
    }

    Snapshot snapshot() {
        return published;
    }

    Dataset dataset() {
        return published.dataset();
    }

    Dataset addColumns(List<Column> columns) {
        return change(() -> {
                    Schema before = dataset().schema();
                    List<Column> own = new ArrayList<>(before.columns());
                    own.addAll(columns);
                    Schema after = new Schema(own, before.key(), before.h3Resolution());
                    Transaction transaction = table().newTransaction();
                    UpdateSchema schema = transaction.updateSchema();
                    for (Column column : columns) {
                        schema.addColumn(column.name(), TableSchema.typeOf(column.type()), TableSchema.docOf(column));
                        schema.moveBefore(column.name(), Schema.RECORDED_AT.name());
                    }
                    schema.commit();
                    UpdateProperties properties = transaction.updateProperties();
                    TableSchema.describe(after.columns()).forEach(properties::set);
                    properties.commit();
                    transaction.commitTransaction();
                    return publish(List.of(), List.of());
                })
                .dataset();
    }

    Snapshot append(List<DataFile> added, long logPosition, TimeGrain grain) {
        return change(() -> {
            TimeGrain now = published.grain();
            if (now == null || grain.compareTo(now) > 0) {
                Transaction transaction = table().newTransaction();
                refine(transaction, grain);
                append(transaction.table(), added, logPosition);
                transaction.commitTransaction();
            } else {
                append(table(), added, logPosition);
            }
            return publish(List.of(), added);
        });
    }

    private static void refine(Transaction transaction, TimeGrain grain) {
        UpdatePartitionSpec spec = transaction.updateSpec();
        for (PartitionField field : transaction.table().spec().fields()) {
            spec.removeField(field.name());
        }
        String time = Schema.TIME.name();
        switch (grain) {
            case NONE -> {}
            case YEAR -> spec.addField(Expressions.year(time));
            case MONTH -> spec.addField(Expressions.month(time));
            case DAY -> spec.addField(Expressions.day(time));
        }
        spec.commit();
        transaction.updateProperties().set(TableSchema.GRAIN, grain.label()).commit();
    }

    private void append(Table table, List<DataFile> added, long logPosition) {
        // A fast append costs the least; once in a while the manifests it piles up are merged.
        AppendFiles append = manifests() < config.looseManifests() ? table.newFastAppend() : table.newAppend();
        added.forEach(file -> append.appendFile(FileEntry.write(file, dataset(), table)));
        append.set(LOG_POSITION, Long.toString(Math.max(logPosition, published.logPosition())));
        append.commit();
    }

    private int manifests() {
        org.apache.iceberg.Snapshot current = operations.current().currentSnapshot();
        return current == null ? 0 : current.allManifests(operations.io()).size();
    }

    Snapshot replace(List<DataFile> removed, List<DataFile> added) {
        return change(() -> {
            Set<String> there = published.files().stream().map(DataFile::blob).collect(Collectors.toSet());
            List<String> gone = removed.stream()
                    .map(DataFile::blob)
                    .filter(blob -> !there.contains(blob))
                    .toList();
            if (!gone.isEmpty()) {
                throw new VarveException(
                        ErrorCode.CONFLICT,
                        gone.size() + " of " + removed.size() + " files to replace in " + name
                                + " are gone, the first is " + gone.getFirst());
            }
            Table table = table();
            RewriteFiles rewrite = table.newRewrite();
            removed.forEach(file -> rewrite.deleteFile(FileEntry.write(file, dataset(), table)));
            added.forEach(file -> rewrite.addFile(FileEntry.write(file, dataset(), table)));
            rewrite.set(LOG_POSITION, Long.toString(published.logPosition()));
            rewrite.commit();
            return publish(removed, added);
        });
    }

    /** Makes the dataset be no more; returns the prefix of its blobs. */
    String drop() {
        change(() -> {
            operations.drop();
            return published;
        });
        return dataset().location();
    }

    private Snapshot change(Supplier<Snapshot> change) {
        lock.lock();
        try {
            for (int attempt = 1; ; attempt++) {
                if (!operations.load()) {
                    throw new VarveException(ErrorCode.DATASET_NOT_FOUND, "dataset '" + name + "' is gone");
                }
                catchUp();
                try {
                    return change.get();
                } catch (BlobTableOperations.CommitLost e) {
                    if (attempt == MOST_ATTEMPTS) {
                        throw new VarveException(
                                ErrorCode.CONFLICT,
                                "a change to " + name + " lost against others " + MOST_ATTEMPTS + " times",
                                e);
                    }
                } catch (ValidationException e) {
                    throw new VarveException(
                            ErrorCode.CONFLICT, "a change to " + name + " no longer fits: " + e.getMessage(), e);
                } catch (CommitStateUnknownException e) {
                    throw new VarveException(
                            ErrorCode.STORAGE, "it is unknown whether a change to " + name + " was made", e);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Reads the table again if another catalog has changed it. */
    private void catchUp() {
        TableMetadata table = operations.current();
        if (idOf(table.currentSnapshot()) != published.id()) {
            published = read(name, operations);
        }
    }

    /** Publishes the state after a commit of these files, without reading it back when nothing else came between. */
    private Snapshot publish(Collection<DataFile> removed, Collection<DataFile> added) {
        TableMetadata table = operations.current();
        org.apache.iceberg.Snapshot current = table.currentSnapshot();
        Set<String> gone = removed.stream().map(DataFile::blob).collect(Collectors.toSet());
        List<DataFile> files = new ArrayList<>(published.files().size() + added.size());
        published.files().stream().filter(file -> !gone.contains(file.blob())).forEach(files::add);
        files.addAll(added);
        published = new Snapshot(
                TableSchema.datasetOf(name, table),
                idOf(current),
                logPositionOf(current),
                TableSchema.grainOf(table),
                files);
        if (table.snapshots().size() >= 2 * config.keptSnapshots()) {
            expire(config.keptSnapshots(), table.lastUpdatedMillis() + 1);
        }
        return published;
    }

    /** Lets go of snapshots from before a moment, but the newest ones; what only they refer to becomes garbage. */
    private void expire(int kept, long beforeMillis) {
        List<String> gone = new ArrayList<>();
        try {
            table().expireSnapshots()
                    .retainLast(kept)
                    .expireOlderThan(beforeMillis)
                    .deleteWith(location -> {
                        synchronized (gone) {
                            gone.add(BlobFileIO.blobAt(location));
                        }
                    })
                    .commit();
        } catch (BlobTableOperations.CommitLost e) {
            LOG.info("left expired snapshots for a later commit dataset={}", name);
        }
        garbage.add(gone);
    }

    /** Lets go of snapshots from before a moment, the newest excepted. */
    void expireBefore(Instant moment) {
        lock.lock();
        try {
            long limit = moment.toEpochMilli();
            if (operations.load()
                    && operations.current().snapshots().stream()
                                    .filter(snapshot -> snapshot.timestampMillis() < limit)
                                    .count()
                            > 1) {
                expire(1, limit);
            }
        } finally {
            lock.unlock();
        }
    }

    private Table table() {
        return new BaseTable(operations, name.value(), DatasetTable::ignore);
    }

    @SuppressWarnings("unused") // Iceberg would log each commit at INFO
    private static void ignore(MetricsReport report) {}

    private static Snapshot read(DatasetName name, BlobTableOperations operations) {
        TableMetadata table = operations.current();
        Dataset dataset = TableSchema.datasetOf(name, table);
        org.apache.iceberg.Snapshot current = table.currentSnapshot();
        List<DataFile> files = new ArrayList<>();
        if (current != null) {
            if (!current.deleteManifests(operations.io()).isEmpty()) {
                throw new VarveException(
                        ErrorCode.STORAGE, "table " + name + " has row-level deletes, which Varve does not read");
            }
            current.dataManifests(operations.io()).parallelStream()
                    .map(manifest -> readManifest(manifest, dataset, operations))
                    .forEachOrdered(files::addAll);
        }
        return new Snapshot(dataset, idOf(current), logPositionOf(current), TableSchema.grainOf(table), files);
    }

    private static List<DataFile> readManifest(ManifestFile manifest, Dataset dataset, BlobTableOperations operations) {
        TableMetadata table = operations.current();
        List<DataFile> files = new ArrayList<>();
        try (ManifestReader<org.apache.iceberg.DataFile> entries =
                ManifestFiles.read(manifest, operations.io(), table.specsById())) {
            entries.forEach(entry -> files.add(FileEntry.read(entry, dataset, table.specsById())));
        } catch (IOException e) {
            throw new VarveException(ErrorCode.STORAGE, "read " + manifest.path() + ": " + e, e);
        }
        return files;
    }

    /** Every blob that the table's retained state refers to. */
    Set<String> blobs() {
        lock.lock();
        try {
            Set<String> blobs = new HashSet<>();
            if (!operations.load()) {
                return blobs;
            }
            TableMetadata table = operations.current();
            blobs.add(BlobFileIO.blobAt(table.metadataFileLocation()));
            table.previousFiles().forEach(entry -> blobs.add(BlobFileIO.blobAt(entry.file())));
            Set<String> seen = new HashSet<>();
            for (org.apache.iceberg.Snapshot snapshot : table.snapshots()) {
                blobs.add(BlobFileIO.blobAt(snapshot.manifestListLocation()));
                for (ManifestFile manifest : snapshot.allManifests(operations.io())) {
                    if (seen.add(manifest.path())) {
                        blobs.add(BlobFileIO.blobAt(manifest.path()));
                        readManifest(manifest, dataset(), operations).forEach(file -> blobs.add(file.blob()));
                    }
                }
            }
            return blobs;
        } finally {
            lock.unlock();
        }
    }

    private static long idOf(org.apache.iceberg.@Nullable Snapshot snapshot) {
        return snapshot == null ? 0 : snapshot.snapshotId();
    }

    private static long logPositionOf(org.apache.iceberg.@Nullable Snapshot snapshot) {
        return snapshot == null ? 0 : Long.parseLong(snapshot.summary().getOrDefault(LOG_POSITION, "0"));
    }
}
