package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.LocalBlobStore;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IcebergCatalogTest {
    private static final DatasetName AIR = new DatasetName("air");

    @TempDir
    private Path directory;

    private BlobStore blobs;
    private IcebergCatalog catalog;

    @BeforeEach
    void open() {
        blobs = LocalBlobStore.open(directory);
        catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system());
    }

    @AfterEach
    void close() {
        catalog.close();
        blobs.close();
    }

    private void reopen() {
        close();
        open();
    }

    @Test
    void aReopenedCatalogHasTheSameDatasets() {
        Dataset made = catalog.create(AIR, SampleFiles.SCHEMA, null);
        assertThat(made.schema()).isEqualTo(SampleFiles.SCHEMA);
        assertThat(made.fieldIds().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        SampleFiles.SCHEMA.all().stream().map(Column::name).toList());
        reopen();
        assertThat(catalog.find(AIR)).contains(made);
        assertThat(catalog.list()).containsExactly(made);
        assertThat(catalog.snapshot(AIR)).isEqualTo(new Snapshot(made, 0, 0, null, List.of()));
    }

    @Test
    void aReopenedCatalogHasTheSameFiles() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, null);
        SampleFiles files = new SampleFiles(air, 7);
        Snapshot first = catalog.append(AIR, files.write(blobs, 5, TimeGrain.MONTH), 12, TimeGrain.MONTH);
        assertThat(first.logPosition()).isEqualTo(12);
        assertThat(first.grain()).isEqualTo(TimeGrain.MONTH);
        Snapshot second = catalog.append(AIR, files.write(blobs, 5, TimeGrain.DAY), 40, TimeGrain.DAY);
        assertThat(second.files()).hasSize(10).containsAll(first.files());
        Snapshot third = catalog.append(AIR, files.write(blobs, 1, TimeGrain.MONTH), 41, TimeGrain.MONTH);
        assertThat(third.grain()).isEqualTo(TimeGrain.DAY);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(third);
    }

    @Test
    void columnsAreAddedBeforeTheSystemOnes() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        catalog.append(AIR, new SampleFiles(air, 3).write(blobs, 2, TimeGrain.DAY), 5, TimeGrain.DAY);
        Dataset wider = catalog.addColumns(
                AIR,
                List.of(
                        new Column("ozone", ColumnType.DOUBLE, "ug/m3", "mass_concentration_of_ozone_in_air"),
                        new Column("flag", ColumnType.INT)));
        assertThat(wider.schema().columns())
                .hasSize(SampleFiles.SCHEMA.columns().size() + 2);
        assertThat(wider.fieldIds()).containsAllEntriesOf(air.fieldIds());
        Snapshot after = catalog.snapshot(AIR);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(after);
        assertThatThrownBy(() -> catalog.addColumns(AIR, List.of(new Column("flag", ColumnType.INT))))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SCHEMA_MISMATCH));
    }

    @Test
    void compactionReplacesFilesOnce() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 5);
        List<DataFile> small = files.write(blobs, 4, TimeGrain.DAY);
        catalog.append(AIR, small, 9, TimeGrain.DAY);
        List<DataFile> large = files.write(blobs, 1, TimeGrain.DAY);
        Snapshot after = catalog.replace(AIR, small.subList(0, 3), large);
        assertThat(after.files()).containsExactlyInAnyOrder(small.get(3), large.getFirst());
        assertThat(after.logPosition()).isEqualTo(9);
        assertThatThrownBy(() -> catalog.replace(AIR, small.subList(0, 3), files.write(blobs, 1, TimeGrain.DAY)))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(after);
    }

    @Test
    void aDroppedDatasetIsGoneAndItsNameIsFree() {
        Dataset first = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        assertThatThrownBy(() -> catalog.create(AIR, SampleFiles.SCHEMA, null))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATASET_EXISTS));
        catalog.drop(AIR);
        assertThat(catalog.find(AIR)).isEmpty();
        reopen();
        assertThat(catalog.list()).isEmpty();
        Dataset second = catalog.create(AIR, new Schema(List.of(), List.of(), 5), null);
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(second.location()).isNotEqualTo(first.location());
        reopen();
        assertThat(catalog.list()).containsExactly(second);
    }
}
