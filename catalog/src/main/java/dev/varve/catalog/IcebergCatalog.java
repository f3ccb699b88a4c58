package dev.varve.catalog;

import dev.varve.blobstore.BlobStore;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each dataset as an Iceberg table of format v2 in a blob store.
 *
 * <p>If other processes use the store as well ({@link CatalogConfig#isShared}), {@link #tables} is what was known at the
 * last look: at one table, or at the versions of all registers. Without others it is the truth and nobody looks.
 */
public final class IcebergCatalog implements Catalog {
    private static final String TABLES = "tables/";
    private static final Executor LISTING =
            task -> Thread.ofPlatform().daemon().name("varve-list-blobs").start(task);

    private final BlobStore blobs;
    private final CatalogConfig config;
    private final InstantSource clock;
    private final BlobFileIO files;
    private final Garbage garbage;
    private final Garbage orphans;
    private final SharedLook looks = new SharedLook();
    private final Object creation = new Object();
    private final ConcurrentSkipListMap<DatasetName, DatasetTable> tables = new ConcurrentSkipListMap<>();
    /** Registers of datasets that were found dropped, by the version that says so. */
    private final ConcurrentHashMap<DatasetName, Long> dropped = new ConcurrentHashMap<>();
    /** Blobs found at the start that the current snapshots do not name; sorted out by the first collection. */
    private Set<String> leftovers = Set.of();
    /** When orphans were last looked for; guarded by this. */
    private Instant lastScan = Instant.MIN;

    private IcebergCatalog(BlobStore blobs, CatalogConfig config, InstantSource clock) {
        this.blobs = blobs;
        this.config = config;
        this.clock = clock;
        this.files = new BlobFileIO(blobs);
        this.garbage = new Garbage(blobs, clock, config.grace());
        // what nothing refers to may be another process's work that is not committed yet
        this.orphans = new Garbage(blobs, clock, config.grace().plus(config.history()));
    }

    /** Reads every dataset's newest snapshot; the blob store stays the caller's to close. */
    public static IcebergCatalog open(BlobStore blobs, CatalogConfig config, InstantSource clock) {
        IcebergCatalog catalog = new IcebergCatalog(blobs, config, clock);
        if (config.isShared()) {
            catalog.lookAtAll();
            return catalog;
        }
        // Meanwhile, but before anybody may write: what is listed and in no table is left over.
        CompletableFuture<List<String>> present = CompletableFuture.supplyAsync(() -> blobs.list(TABLES), LISTING);
        blobs.registers(BlobTableOperations.REGISTERS).parallelStream()
                .map(register -> new DatasetName(register.substring(BlobTableOperations.REGISTERS.length())))
                .forEach(catalog::load);
        Set<String> leftovers = new HashSet<>(join(present));
        catalog.tables
                .values()
                .forEach(table -> table.snapshot().files().forEach(file -> leftovers.remove(file.blob())));
        catalog.leftovers = leftovers;
        return catalog;
    }

    private static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void load(DatasetName name) {
        BlobTableOperations operations = operations(name);
        if (operations.load()) {
            tables.put(name, table(name, operations));
        }
    }

    private DatasetTable table(DatasetName name, BlobTableOperations loaded) {
        return new DatasetTable(name, loaded, operations(name), config, garbage);
    }

    /** The table as it is now, if it is there. */
    private Optional<DatasetTable> look(DatasetName name) {
        DatasetTable known = tables.get(name);
        if (known == null) {
            BlobTableOperations operations = operations(name);
            if (!operations.load()) {
                dropped.put(name, operations.version());
                return Optional.empty();
            }
            DatasetTable found = table(name, operations);
            known = tables.putIfAbsent(name, found);
            if (known == null) {
                return Optional.of(found);
            }
        }
        if (known.look()) {
            return Optional.of(known);
        }
        dropped.put(name, known.goneAt());
        tables.remove(name, known);
        return Optional.empty();
    }

    /** Looks which tables have changed, and at those. */
    private void lookAtAll() {
        looks.look(() -> blobs.registerVersions(BlobTableOperations.REGISTERS).entrySet().parallelStream()
                .forEach(register -> {
                    DatasetName name =
                            new DatasetName(register.getKey().substring(BlobTableOperations.REGISTERS.length()));
                    DatasetTable known = tables.get(name);
                    boolean isKnown = known != null
                            ? known.version() >= register.getValue()
                            : dropped.getOrDefault(name, BlobStore.ABSENT) >= register.getValue();
                    if (!isKnown) {
                        look(name);
                    }
                }));
    }

    private BlobTableOperations operations(DatasetName name) {
        return new BlobTableOperations(name, blobs, files, blob -> garbage.add(List.of(blob)));
    }

    @Override
    public Dataset create(DatasetName name, Schema schema, @Nullable TimeGrain grain) {
        // One at a time, so that who is told that the dataset is there also finds it.
        synchronized (creation) {
            DatasetTable made = made(name, schema, grain);
            tables.put(name, made);
            return made.dataset();
        }
    }

    private DatasetTable made(DatasetName name, Schema schema, @Nullable TimeGrain grain) {
        BlobTableOperations operations = operations(name);
        if (operations.load()) {
            throw exists(name);
        }
        String location = TABLES + name + "-" + UUID.randomUUID().toString().substring(24);
        TableMetadata table = TableSchema.newTable(schema, grain, BlobFileIO.locationOf(location), config);
        try {
            operations.commit(null, table);
        } catch (BlobTableOperations.CommitLost e) {
            throw exists(name);
        } catch (CommitStateUnknownException e) {
            throw new VarveException(ErrorCode.STORAGE, "it is unknown whether dataset '" + name + "' was made", e);
        }
        return table(name, operations);
    }

    private static VarveException exists(DatasetName name) {
        return new VarveException(ErrorCode.DATASET_EXISTS, "dataset '" + name + "' is already there");
    }

    @Override
    public Optional<Dataset> find(DatasetName name) {
        Optional<DatasetTable> table = config.isShared() ? look(name) : Optional.ofNullable(tables.get(name));
        return table.map(DatasetTable::dataset);
    }

    @Override
    public List<Dataset> list() {
        if (config.isShared()) {
            lookAtAll();
        }
        return tables.values().stream().map(DatasetTable::dataset).toList();
    }

    @Override
    public void drop(DatasetName name) {
        DatasetTable table = table(name);
        String location = table.drop();
        tables.remove(name, table);
        garbage.add(blobs.list(location + "/"));
    }

    @Override
    public Dataset addColumns(DatasetName name, List<Column> columns) {
        return table(name).addColumns(columns);
    }

    @Override
    public Snapshot snapshot(DatasetName name) {
        return table(name).snapshot();
    }

    @Override
    public Snapshot fresh(DatasetName name) {
        DatasetTable table = config.isShared() ? look(name).orElseThrow(() -> missing(name)) : table(name);
        return table.snapshot();
    }

    @Override
    public Snapshot append(DatasetName name, List<DataFile> added, ShardRange rows, TimeGrain grain) {
        return table(name).append(added, rows, grain);
    }

    @Override
    public Snapshot append(DatasetName name, List<DataFile> added, long logPosition, TimeGrain grain) {
        return table(name).append(added, logPosition, grain);
    }

    @Override
    public Snapshot replace(DatasetName name, List<DataFile> removed, List<DataFile> added) {
        return table(name).replace(removed, added);
    }

    private DatasetTable table(DatasetName name) {
        DatasetTable table = tables.get(name);
        if (table != null) {
            return table;
        }
        if (config.isShared()) {
            return look(name).orElseThrow(() -> missing(name));
        }
        throw missing(name);
    }

    private static VarveException missing(DatasetName name) {
        return new VarveException(ErrorCode.DATASET_NOT_FOUND, "dataset '" + name + "' is not there");
    }

    @Override
    public synchronized int collectGarbage() {
        if (!leftovers.isEmpty()) {
            Predicate<String> inUse = inUse();
            garbage.add(leftovers.stream().filter(blob -> !inUse.test(blob)).toList());
            leftovers = Set.of();
        }
        Instant limit = clock.instant().minus(config.history());
        if (config.isShared()) {
            findOrphans(limit);
        }
        tables.values().forEach(table -> table.expireBefore(limit));
        return garbage.collect(this::inUse) + orphans.collect(this::inUse);
    }

    /** Looks for blobs that nothing refers to, once in a while: what a process left behind that is no more. */
    private void findOrphans(Instant limit) {
        if (!lastScan.isAfter(limit)) {
            lastScan = clock.instant();
            List<String> present = blobs.list(TABLES);
            Predicate<String> inUse = inUse();
            orphans.add(present.stream().filter(blob -> !inUse.test(blob)).toList());
        }
    }

    private Predicate<String> inUse() {
        if (config.isShared()) {
            lookAtAll();
        }
        Set<String> used = new HashSet<>();
        tables.values().forEach(table -> used.addAll(table.blobs()));
        return used::contains;
    }

    @Override
    public void close() {
        // Every change was durable when it returned, and the blob store is the caller's.
    }
}
