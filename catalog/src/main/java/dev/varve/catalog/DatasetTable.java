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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.ExpireSnapshots;
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
 * When another catalog on the same store commits in between, the change is decided again, a bounded number of times. A look
 * at what others committed holds {@link #looks} instead, so that it waits for no change. What is published only gets newer.
 */
final class DatasetTable {
    private static final Logger LOG = LoggerFactory.getLogger(DatasetTable.class);
    private static final int MOST_ATTEMPTS = 30;
    private static final long LONGEST_BACK_OFF_STEP_NANOS = 20_000_000;

    private final DatasetName name;
    private final BlobTableOperations operations;
    private final CatalogConfig config;
    private final Garbage garbage;
    private final ReentrantLock lock = new ReentrantLock();
    private final SharedLook looks = new SharedLook();
    private final BlobTableOperations looking;
    private final AtomicReference<State> published;
    private volatile long goneAt = -1;
    /** What {@link #operations} are at; guarded by {@link #lock}. */
    private State base;
    /** Files of manifests, which never change, by their path; kept where others commit, too. */
    private volatile Map<String, List<DataFile>> manifestFiles = Map.of();

    /** A snapshot, and the version of the register that names it. */
    private record State(Snapshot snapshot, long version) {}

    /**
     * The table behind operations that have been loaded.
     *
     * @param looking others for the same table, for looks
     */
    DatasetTable(
            DatasetName name,
            BlobTableOperations operations,
            BlobTableOperations looking,
            CatalogConfig config,
            Garbage garbage) {
        this.name = name;
        this.operations = operations;
        this.looking = looking;
        this.config = config;
        this.garbage = garbage;
        base = new State(read(operations), operations.version());
        published = new AtomicReference<>(base);
    }

    Snapshot snapshot() {
        return published.get().snapshot();
    }

    Dataset dataset() {
        return snapshot().dataset();
    }

    /** The version of the register that the snapshot is from. */
    long version() {
        return published.get().version();
    }

    /** Publishes what others have committed before this call; false when the table is gone. */
    boolean look() {
        looks.look(() -> {
            boolean isThere = looking.load();
            if (isThere && looking.version() > version()) {
                offer(new State(read(looking), looking.version()));
            }
            goneAt = isThere ? -1 : looking.version();
        });
        return goneAt < 0;
    }

    /** The version at which the last look found the table gone; negative if it did not. */
    long goneAt() {
        return goneAt;
    }

    private void offer(State state) {
        published.accumulateAndGet(state, (now, next) -> next.version() > now.version() ? next : now);
    }

    Dataset addColumns(List<Column> columns) {
        return change(() -> {
                    Schema before = base.snapshot().schema();
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
            if (isRepeated(added)) {
                return base.snapshot();
            }
            return append(added, LogPositions.with(base.snapshot().logPositions(), 0, logPosition), grain);
        });
    }

    Snapshot append(List<DataFile> added, Catalog.ShardRange rows, TimeGrain grain) {
        return change(() -> {
            Snapshot before = base.snapshot();
            if (isRepeated(added)) {
                return before;
            }
            long there = before.logPosition(rows.shard());
            if (rows.from() < there) {
                throw new VarveException(
                        ErrorCode.CONFLICT,
                        "rows of " + name + " from position " + rows.from() + " of shard " + rows.shard()
                                + " are already in files, up to " + there);
            }
            // Versions of a row are in one shard, whose flushes follow each other. So whatever is there is older.
            long run =
                    1 + before.files().stream().mapToLong(DataFile::run).max().orElse(0);
            List<DataFile> newest =
                    added.stream().map(file -> file.withRun(run)).toList();
            return append(newest, LogPositions.with(before.logPositions(), rows.shard(), rows.to()), grain);
        });
    }

    /** Whether files are there already, because the first answer was that nobody knows. */
    private boolean isRepeated(List<DataFile> added) {
        String location = base.snapshot().dataset().location() + "/";
        for (DataFile file : added) {
            if (!file.blob().startsWith(location)) {
                throw new VarveException(
                        ErrorCode.DATASET_NOT_FOUND, "the dataset '" + name + "' that has " + file.blob() + " is gone");
            }
        }
        return !added.isEmpty() && hasAll(added);
    }

    private Snapshot append(List<DataFile> added, Map<Integer, Long> logPositions, TimeGrain grain) {
        TimeGrain now = base.snapshot().grain();
        boolean isFiner = now == null || grain.compareTo(now) > 0;
        List<TimeGrain> unknown = unknownGrains(added, isFiner ? grain : null);
        if (isFiner || !unknown.isEmpty()) {
            Transaction transaction = table().newTransaction();
            unknown.forEach(
                    other -> partitionBy(transaction, other).addNonDefaultSpec().commit());
            if (isFiner) {
                partitionBy(transaction, grain).commit();
                transaction
                        .updateProperties()
                        .set(TableSchema.GRAIN, grain.label())
                        .commit();
            }
            append(transaction.table(), added, logPositions);
            transaction.commitTransaction();
        } else {
            append(table(), added, logPositions);
        }
        return publish(List.of(), added);
    }

    private boolean hasAll(List<DataFile> files) {
        Set<String> wanted = files.stream().map(DataFile::blob).collect(Collectors.toSet());
        return base.snapshot().files().stream()
                        .filter(file -> wanted.contains(file.blob()))
                        .count()
                == wanted.size();
    }

    /** Grains of files that no partition spec of the table has yet, but for one that gets its own. */
    private List<TimeGrain> unknownGrains(List<DataFile> added, @Nullable TimeGrain coming) {
        Set<TimeGrain> known =
                operations.current().specs().stream().map(TableSchema::grainOf).collect(Collectors.toSet());
        return added.stream()
                .map(DataFile::grain)
                .distinct()
                .filter(grain -> grain != coming && !known.contains(grain))
                .toList();
    }

    private static UpdatePartitionSpec partitionBy(Transaction transaction, TimeGrain grain) {
        UpdatePartitionSpec spec = transaction.updateSpec();
        for (PartitionField field : transaction.table().spec().fields()) {
            spec.removeField(field.name());
        }
        String time = Schema.TIME.name();
        return switch (grain) {
            case NONE -> spec;
            case YEAR -> spec.addField(Expressions.year(time));
            case MONTH -> spec.addField(Expressions.month(time));
            case DAY -> spec.addField(Expressions.day(time));
        };
    }

    private void append(Table table, List<DataFile> added, Map<Integer, Long> logPositions) {
        // A fast append costs the least; once in a while the manifests it piles up are merged.
        AppendFiles append = manifests() < config.looseManifests() ? table.newFastAppend() : table.newAppend();
        Dataset dataset = base.snapshot().dataset();
        added.forEach(file -> append.appendFile(FileEntry.write(file, dataset, table)));
        LogPositions.properties(logPositions).forEach(append::set);
        append.commit();
    }

    private int manifests() {
        org.apache.iceberg.Snapshot current = operations.current().currentSnapshot();
        return current == null ? 0 : current.allManifests(operations.io()).size();
    }

    Snapshot replace(List<DataFile> removed, List<DataFile> added) {
        return change(() -> {
            Set<String> there =
                    base.snapshot().files().stream().map(DataFile::blob).collect(Collectors.toSet());
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
            List<TimeGrain> unknown = unknownGrains(added, null);
            if (unknown.isEmpty()) {
                rewrite(table(), removed, added);
            } else {
                Transaction transaction = table().newTransaction();
                unknown.forEach(other ->
                        partitionBy(transaction, other).addNonDefaultSpec().commit());
                rewrite(transaction.table(), removed, added);
                transaction.commitTransaction();
            }
            return publish(removed, added);
        });
    }

    private void rewrite(Table table, List<DataFile> removed, List<DataFile> added) {
        // From the state it was decided on; by default Iceberg would want a history that has long expired.
        Snapshot before = base.snapshot();
        RewriteFiles rewrite = table.newRewrite().validateFromSnapshot(before.id());
        removed.forEach(file -> rewrite.deleteFile(FileEntry.write(file, before.dataset(), table)));
        added.forEach(file -> rewrite.addFile(FileEntry.write(file, before.dataset(), table)));
        LogPositions.properties(before.logPositions()).forEach(rewrite::set);
        rewrite.commit();
    }

    /** Makes the dataset be no more; returns the prefix of its blobs. */
    String drop() {
        Snapshot last = change(() -> {
            operations.drop();
            return base.snapshot();
        });
        return last.dataset().location();
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
                    backOff(attempt);
                } catch (ValidationException e) {
                    throw new VarveException(
                            ErrorCode.CONFLICT, "a change to " + name + " no longer fits: " + e.getMessage(), e);
                } catch (CommitStateUnknownException e) {
                    operations.load();
                    catchUp();
                    throw new VarveException(
                            ErrorCode.STORAGE, "it is unknown whether a change to " + name + " was made", e);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static void backOff(int attempt) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(attempt * LONGEST_BACK_OFF_STEP_NANOS));
    }

    /** Reads the table again if another catalog has changed it. */
    private void catchUp() {
        long newest = operations.version();
        if (newest != base.version()) {
            State seen = published.get();
            base = seen.version() == newest ? seen : new State(read(operations), newest);
            offer(base);
        }
    }

    /** Publishes the state after a commit of these files, without reading it back. */
    private Snapshot publish(Collection<DataFile> removed, Collection<DataFile> added) {
        TableMetadata table = operations.current();
        org.apache.iceberg.Snapshot current = table.currentSnapshot();
        Set<String> gone = removed.stream().map(DataFile::blob).collect(Collectors.toSet());
        List<DataFile> before = base.snapshot().files();
        List<DataFile> files = new ArrayList<>(before.size() + added.size());
        before.stream().filter(file -> !gone.contains(file.blob())).forEach(files::add);
        files.addAll(added);
        publish(new Snapshot(
                TableSchema.datasetOf(name, table),
                idOf(current),
                LogPositions.of(current),
                TableSchema.grainOf(table),
                files));
        Snapshot after = base.snapshot();
        if (table.snapshots().size() >= 2 * config.keptSnapshots()) {
            expire(table.snapshots().subList(0, table.snapshots().size() - config.keptSnapshots()));
        }
        return after;
    }

    private void publish(Snapshot snapshot) {
        base = new State(snapshot, operations.version());
        offer(base);
    }

    /** Lets go of snapshots; what only they refer to becomes garbage. */
    private void expire(List<org.apache.iceberg.Snapshot> snapshots) {
        // Named one by one, for then Iceberg looks for what the others still reach. By age it would leave the files
        // that
        // the newest snapshot replaced until there is a newer one, which may be never.
        ExpireSnapshots expire = table().expireSnapshots();
        snapshots.forEach(snapshot -> expire.expireSnapshotId(snapshot.snapshotId()));
        List<String> gone = new ArrayList<>();
        try {
            expire.deleteWith(location -> {
                        synchronized (gone) {
                            gone.add(BlobFileIO.blobAt(location));
                        }
                    })
                    .commit();
            publish(base.snapshot());
        } catch (BlobTableOperations.CommitLost e) {
            LOG.info("left expired snapshots for a later commit dataset={}", name);
        }
        garbage.add(gone);
    }

    /** Lets go of snapshots that were no longer current at a moment. */
    void expireBefore(Instant moment) {
        lock.lock();
        try {
            if (!operations.load()) {
                return;
            }
            catchUp();
            List<org.apache.iceberg.Snapshot> all = operations.current().snapshots();
            List<org.apache.iceberg.Snapshot> expired = new ArrayList<>();
            for (int i = 0; i + 1 < all.size(); i++) {
                if (all.get(i + 1).timestampMillis() < moment.toEpochMilli()) {
                    expired.add(all.get(i));
                }
            }
            if (!expired.isEmpty()) {
                expire(expired);
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

    private Snapshot read(BlobTableOperations operations) {
        TableMetadata table = operations.current();
        Dataset dataset = TableSchema.datasetOf(name, table);
        org.apache.iceberg.Snapshot current = table.currentSnapshot();
        List<DataFile> files = new ArrayList<>();
        if (current != null) {
            if (!current.deleteManifests(operations.io()).isEmpty()) {
                throw new VarveException(
                        ErrorCode.STORAGE, "table " + name + " has row-level deletes, which Varve does not read");
            }
            List<ManifestFile> manifests = current.dataManifests(operations.io());
            Map<String, List<DataFile>> known = manifestFiles;
            List<List<DataFile>> read = manifests.parallelStream()
                    .map(manifest -> {
                        List<DataFile> there = known.get(manifest.path());
                        return there != null ? there : readManifest(manifest, dataset, operations);
                    })
                    .toList();
            read.forEach(files::addAll);
            if (config.isShared()) {
                Map<String, List<DataFile>> next = new HashMap<>();
                for (int i = 0; i < read.size(); i++) {
                    next.put(manifests.get(i).path(), read.get(i));
                }
                manifestFiles = next;
            }
        }
        return new Snapshot(dataset, idOf(current), LogPositions.of(current), TableSchema.grainOf(table), files);
    }

    private static List<DataFile> readManifest(ManifestFile manifest, Dataset dataset, BlobTableOperations operations) {
        TableMetadata table = operations.current();
        List<DataFile> files = new ArrayList<>();
        try (ManifestReader<org.apache.iceberg.DataFile> entries =
                ManifestFiles.read(manifest, operations.io(), table.specsById()).select(FileEntry.READ)) {
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
}
