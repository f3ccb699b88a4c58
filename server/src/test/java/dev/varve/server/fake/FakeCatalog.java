package dev.varve.server.fake;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** Datasets in memory, without files. */
public final class FakeCatalog implements Catalog {
    private final ConcurrentSkipListMap<DatasetName, Dataset> datasets = new ConcurrentSkipListMap<>();

    @Override
    public Dataset create(DatasetName name, Schema schema, @Nullable TimeGrain grain) {
        Dataset dataset = new Dataset(name, UUID.randomUUID(), schema, "tables/" + name, Map.of());
        if (datasets.putIfAbsent(name, dataset) != null) {
            throw new VarveException(ErrorCode.DATASET_EXISTS, "dataset " + name + " is there already");
        }
        return dataset;
    }

    @Override
    public Optional<Dataset> find(DatasetName name) {
        return Optional.ofNullable(datasets.get(name));
    }

    @Override
    public List<Dataset> list() {
        return List.copyOf(datasets.values());
    }

    @Override
    public void drop(DatasetName name) {
        datasets.remove(name);
    }

    @Override
    public Dataset addColumns(DatasetName name, List<Column> columns) {
        return datasets.compute(name, (same, dataset) -> {
            List<Column> all = new ArrayList<>(dataset.schema().columns());
            all.addAll(columns);
            Schema wider =
                    new Schema(all, dataset.schema().key(), dataset.schema().h3Resolution());
            return new Dataset(name, dataset.id(), wider, dataset.location(), Map.of());
        });
    }

    @Override
    public Snapshot snapshot(DatasetName name) {
        return new Snapshot(find(name).orElseThrow(), 0, 0, null, List.of());
    }

    @Override
    public Snapshot append(DatasetName name, List<DataFile> added, long logPosition, TimeGrain grain) {
        throw new AssertionError("an endpoint commits no files");
    }

    @Override
    public Snapshot fresh(DatasetName name) {
        return snapshot(name);
    }

    @Override
    public Snapshot append(DatasetName name, List<DataFile> added, ShardRange rows, TimeGrain grain) {
        throw new AssertionError("an endpoint commits no files");
    }

    @Override
    public Snapshot replace(DatasetName name, List<DataFile> removed, List<DataFile> added) {
        throw new AssertionError("an endpoint commits no files");
    }

    @Override
    public int collectGarbage() {
        return 0;
    }

    @Override
    public void close() {}
}
