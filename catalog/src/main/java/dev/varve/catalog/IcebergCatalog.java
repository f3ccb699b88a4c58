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
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.jspecify.annotations.Nullable;

/** Keeps each dataset as an Iceberg table of format v2 in a blob store. */
public final class IcebergCatalog implements Catalog {
    private static final String TABLES = "tables/";
    private static final Executor LISTING =
            task -> Thread.ofPlatform().daemon().name("varve-list-blobs").start(task);

    private final BlobStore blobs;
    private final CatalogConfig config;
    private final InstantSource clock;
    private final BlobFileIO files;
    private final Garbage garbage;
    private final Object creation = new Object();
    private final ConcurrentSkipListMap<DatasetName, DatasetTable> tables = new ConcurrentSkipListMap<>();
    /** Blobs found at the start that the current snapshots do not name; sorted out by the first collection. */
    private Set<String> leftovers = Set.of();

    private IcebergCatalog(BlobStore blobs, CatalogConfig config, InstantSource clock) {
        this.blobs = blobs;
        this.config = config;
        this.clock = clock;
        this.files = new BlobFileIO(blobs);
        this.garbage = new Garbage(blobs, clock, config.grace());
    }

    /** Reads every dataset's newest snapshot; the blob store stays the caller's to close. */
    public static IcebergCatalog open(BlobStore blobs, CatalogConfig config, InstantSource clock) {
        IcebergCatalog catalog = new IcebergCatalog(blobs, config, clock);
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
            tables.put(name, DatasetTable.open(name, operations, config, garbage));
        }
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
        return DatasetTable.open(name, operations, config, garbage);
    }

    private static VarveException exists(DatasetName name) {
        return new VarveException(ErrorCode.DATASET_EXISTS, "dataset '" + name + "' is already there");
    }

    @Override
    public Optional<Dataset> find(DatasetName name) {
        return Optional.ofNullable(tables.get(name)).map(DatasetTable::dataset);
    }

    @Override
    public List<Dataset> list() {
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
    public Snapshot append(DatasetName name, List<DataFile> added, long logPosition, TimeGrain grain) {
        return table(name).append(added, logPosition, grain);
    }

    @Override
    public Snapshot replace(DatasetName name, List<DataFile> removed, List<DataFile> added) {
        return table(name).replace(removed, added);
    }

    private DatasetTable table(DatasetName name) {
        DatasetTable table = tables.get(name);
        if (table == null) {
            throw new VarveException(ErrorCode.DATASET_NOT_FOUND, "dataset '" + name + "' is not there");
        }
        return table;
    }

    @Override
    public synchronized int collectGarbage() {
        if (!leftovers.isEmpty()) {
            Predicate<String> inUse = inUse();
            garbage.add(leftovers.stream().filter(blob -> !inUse.test(blob)).toList());
            leftovers = Set.of();
        }
        Instant limit = clock.instant().minus(config.history());
        tables.values().forEach(table -> table.expireBefore(limit));
        return garbage.collect(this::inUse);
    }

    private Predicate<String> inUse() {
        Set<String> used = new HashSet<>();
        tables.values().forEach(table -> used.addAll(table.blobs()));
        return used::contains;
    }

    @Override
    public void close() {
        // Every change was durable when it returned, and the blob store is the caller's.
    }
}
