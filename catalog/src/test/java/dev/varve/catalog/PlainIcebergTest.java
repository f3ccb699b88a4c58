package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.model.Column;
import dev.varve.model.DatasetName;
import dev.varve.model.TimeGrain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads a dataset as another engine does: by the metadata file alone. */
class PlainIcebergTest {
    private static final DatasetName AIR = new DatasetName("air");

    @TempDir
    private Path directory;

    @Test
    void plainIcebergFindsTheSameFilesAndBounds() throws IOException {
        try (BlobStore blobs = ObjectBlobStore.openLocal(directory);
                IcebergCatalog catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system())) {
            Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, null);
            SampleFiles files = new SampleFiles(air, 41);
            catalog.append(AIR, files.write(blobs, 10, TimeGrain.YEAR), 3, TimeGrain.YEAR);
            catalog.append(AIR, files.write(blobs, 10, TimeGrain.DAY), 8, TimeGrain.DAY);
            catalog.addColumns(AIR, List.of(new Column("flag", dev.varve.model.ColumnType.INT)));
            List<DataFile> mixed = new ArrayList<>(files.write(blobs, 10, TimeGrain.DAY));
            mixed.addAll(files.write(blobs, 3, TimeGrain.NONE));
            mixed.addAll(files.write(blobs, 3, TimeGrain.MONTH));
            Snapshot snapshot = catalog.append(AIR, mixed, 12, TimeGrain.DAY);

            Table table = open(blobs);
            assertThat(table.location()).isEqualTo("s3://lake/" + air.location());
            assertThat(table.currentSnapshot().snapshotId()).isEqualTo(snapshot.id());
            assertThat(table.currentSnapshot().summary()).containsEntry("varve.log-position", "12");
            assertThat(table.schema().columns())
                    .extracting(Types.NestedField::name)
                    .containsExactlyElementsOf(
                            snapshot.schema().all().stream().map(Column::name).toList());
            assertThat(table.schema().findField("time").type()).isEqualTo(Types.TimestampType.withoutZone());
            assertThat(table.schema().columns().stream().filter(Types.NestedField::isRequired))
                    .extracting(Types.NestedField::name)
                    .containsExactly("time", "recorded_at", "version");
            assertThat(table.schema().findField("pm25").doc()).isEqualTo("mass_concentration_of_pm2p5_in_air [ug/m3]");
            assertThat(table.sortOrder().fields())
                    .extracting(field -> table.schema().findColumnName(field.sourceId()))
                    .containsExactly("cell", "time");
            assertThat(table.properties().get(TableProperties.DEFAULT_NAME_MAPPING))
                    .contains("pm25")
                    .contains("flag");

            Map<String, DataFile> ours = new HashMap<>();
            snapshot.files().forEach(file -> ours.put("s3://lake/" + file.blob(), file));
            List<FileScanTask> tasks = plan(table, Expressions.alwaysTrue());
            assertThat(tasks)
                    .extracting(task -> task.file().location())
                    .containsExactlyInAnyOrderElementsOf(ours.keySet());
            int time = table.schema().findField("time").fieldId();
            int height = table.schema().findField("height").fieldId();
            for (FileScanTask task : tasks) {
                DataFile file = Objects.requireNonNull(ours.get(task.file().location()));
                assertThat(task.file().recordCount()).isEqualTo(file.rows());
                assertThat(task.file().fileSizeInBytes()).isEqualTo(file.bytes());
                if (file.grain() == TimeGrain.NONE) {
                    assertThat(task.file().partition().size()).isZero();
                } else {
                    assertThat(task.file().partition().get(0, Integer.class)).isEqualTo(file.bucket());
                }
                assertThat((Long) Conversions.fromByteBuffer(
                                Types.LongType.get(), task.file().lowerBounds().get(time)))
                        .isEqualTo(file.firstMicros());
                assertThat((Float) Conversions.fromByteBuffer(
                                Types.FloatType.get(), task.file().upperBounds().get(height)))
                        .isEqualTo(9.7f);
            }
            long from = TimeGrain.DAY.rangeOf(-3).startMicros();
            long to = TimeGrain.DAY.rangeOf(6).startMicros();
            assertThat(plan(
                            table,
                            Expressions.and(
                                    Expressions.greaterThanOrEqual("time", from), Expressions.lessThan("time", to))))
                    .extracting(task -> task.file().location())
                    .containsExactlyInAnyOrderElementsOf(ours.entrySet().stream()
                            .filter(entry -> entry.getValue().firstMicros() < to
                                    && entry.getValue().lastMicros() >= from)
                            .map(Map.Entry::getKey)
                            .toList());
        }
    }

    private static Table open(BlobStore blobs) {
        String metadata = StandardCharsets.UTF_8
                .decode(blobs.register("tables/air").orElseThrow().content())
                .toString();
        return new BaseTable(new StaticTableOperations(metadata, new BlobFileIO(blobs)), "air");
    }

    private static List<FileScanTask> plan(Table table, Expression filter) throws IOException {
        List<FileScanTask> tasks = new ArrayList<>();
        try (CloseableIterable<FileScanTask> files =
                table.newScan().includeColumnStats().filter(filter).planFiles()) {
            files.forEach(tasks::add);
        }
        return tasks;
    }
}
