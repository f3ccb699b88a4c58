package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
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
        blobs = ObjectBlobStore.openLocal(directory);
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
    void whoIsToldThatADatasetIsThereFindsIt() throws Exception {
        try (ExecutorService makers = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 20; i++) {
                DatasetName name = new DatasetName("air" + i);
                CyclicBarrier start = new CyclicBarrier(4);
                Callable<Optional<Dataset>> maker = () -> {
                    start.await();
                    try {
                        return Optional.of(catalog.create(name, SampleFiles.SCHEMA, null));
                    } catch (VarveException e) {
                        assertThat(e.code()).isEqualTo(ErrorCode.DATASET_EXISTS);
                        return catalog.find(name);
                    }
                };
                for (Future<Optional<Dataset>> found : makers.invokeAll(Collections.nCopies(4, maker))) {
                    assertThat(found.get()).isPresent();
                }
            }
        }
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
        List<DataFile> large = files.compact(blobs, TimeGrain.DAY);
        Snapshot after = catalog.replace(AIR, small.subList(0, 3), large);
        assertThat(after.files()).containsExactlyInAnyOrder(small.get(3), large.getFirst());
        assertThat(after.logPosition()).isEqualTo(9);
        assertThatThrownBy(() -> catalog.replace(AIR, small.subList(0, 3), files.compact(blobs, TimeGrain.DAY)))
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

    @Test
    void aDatasetWithoutPartitionsStaysSo() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, null);
        SampleFiles files = new SampleFiles(air, 2);
        catalog.append(AIR, files.write(blobs, 2, TimeGrain.NONE), 1, TimeGrain.NONE);
        Snapshot after = catalog.append(AIR, files.write(blobs, 2, TimeGrain.NONE), 2, TimeGrain.NONE);
        assertThat(after.grain()).isEqualTo(TimeGrain.NONE);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(after);
    }

    @Test
    void anAppendWithoutFilesMovesTheLogPosition() {
        catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        assertThat(catalog.append(AIR, List.of(), 9, TimeGrain.DAY).logPosition())
                .isEqualTo(9);
        assertThat(catalog.append(AIR, List.of(), 4, TimeGrain.DAY).logPosition())
                .isEqualTo(9);
        reopen();
        assertThat(catalog.snapshot(AIR).logPosition()).isEqualTo(9);
    }

    @Test
    void twoCatalogsOnOneStoreLoseNoCommitOfEachOther() throws InterruptedException {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        List<DataFile> all = new SampleFiles(air, 11).write(blobs, 20, TimeGrain.DAY);
        IcebergCatalog other = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system());
        Thread theirs = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 10; i++) {
                other.append(AIR, all.subList(i, i + 1), i, TimeGrain.DAY);
            }
        });
        for (int i = 10; i < 20; i++) {
            catalog.append(AIR, all.subList(i, i + 1), i, TimeGrain.DAY);
        }
        theirs.join();
        catalog.append(AIR, List.of(), 0, TimeGrain.DAY);
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(all);
        reopen();
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(all);
        assertThat(catalog.snapshot(AIR).logPosition()).isEqualTo(19);
    }

    @Test
    void ofTwoCompactionsOfTheSameFilesOneWins() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 13);
        List<DataFile> small = files.write(blobs, 3, TimeGrain.DAY);
        catalog.append(AIR, small, 1, TimeGrain.DAY);
        IcebergCatalog other = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system());
        List<DataFile> late = files.write(blobs, 1, TimeGrain.DAY);
        other.addColumns(AIR, List.of(new Column("flag", ColumnType.INT)));
        Snapshot won = other.replace(AIR, small, files.compact(blobs, TimeGrain.DAY));
        assertThatThrownBy(() -> catalog.replace(AIR, small, late))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        assertThat(catalog.snapshot(AIR)).isEqualTo(won);
        other.drop(AIR);
        assertThatThrownBy(() -> catalog.append(AIR, late, 2, TimeGrain.DAY))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATASET_NOT_FOUND));
    }

    @Test
    void aCrashBeforeTheRegisterChangesLeavesTheOldState() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 17);
        Snapshot before = catalog.append(AIR, files.write(blobs, 2, TimeGrain.DAY), 1, TimeGrain.DAY);
        FailingRegisters failing = new FailingRegisters(blobs);
        IcebergCatalog crashing = IcebergCatalog.open(failing, CatalogConfig.DEFAULT, InstantSource.system());
        failing.failBefore();
        assertThatThrownBy(() -> crashing.append(AIR, files.write(blobs, 1, TimeGrain.DAY), 5, TimeGrain.DAY))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE));
        assertThat(crashing.snapshot(AIR)).isEqualTo(before);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(before);
        catalog.append(AIR, files.write(blobs, 1, TimeGrain.DAY), 5, TimeGrain.DAY);
    }

    @Test
    void aCommitWhoseAnswerWasLostIsNotMadeTwice() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        List<DataFile> added = new SampleFiles(air, 19).write(blobs, 2, TimeGrain.DAY);
        FailingRegisters failing = new FailingRegisters(blobs);
        IcebergCatalog failed = IcebergCatalog.open(failing, CatalogConfig.DEFAULT, InstantSource.system());
        failing.failAfter();
        assertThatThrownBy(() -> failed.append(AIR, added, 5, TimeGrain.DAY)).isInstanceOf(VarveException.class);
        assertThat(failed.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(added);
        assertThat(failed.append(AIR, added, 5, TimeGrain.DAY).files()).containsExactlyInAnyOrderElementsOf(added);
        reopen();
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(added);
    }

    @Test
    void blobsGoWhenTheirReadersHadTheirTime() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        IcebergCatalog timed = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, now::get);
        Dataset air = timed.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 23);
        List<DataFile> small = files.write(blobs, 3, TimeGrain.DAY);
        timed.append(AIR, small, 1, TimeGrain.DAY);
        List<DataFile> large = files.compact(blobs, TimeGrain.DAY);
        timed.replace(AIR, small, large);
        assertThat(timed.collectGarbage()).isZero();
        // The old snapshot stays for its history, then its files for their readers.
        now.updateAndGet(time -> time.plus(CatalogConfig.DEFAULT.history()).plusSeconds(60));
        assertThat(timed.collectGarbage()).isZero();
        assertThat(blobs.size(small.getFirst().blob())).isPresent();
        now.updateAndGet(time -> time.plus(CatalogConfig.DEFAULT.grace()).plusSeconds(1));
        assertThat(timed.collectGarbage()).isPositive();
        assertThat(blobs.list(air.location() + "/data/"))
                .containsExactly(large.getFirst().blob());
        Snapshot kept = timed.snapshot(AIR);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(kept);
    }

    @Test
    void whatACrashOrADropLeavesIsCollected() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 29);
        Snapshot kept = catalog.append(AIR, files.write(blobs, 3, TimeGrain.DAY), 1, TimeGrain.DAY);
        List<DataFile> orphans = files.write(blobs, 2, TimeGrain.DAY);
        DatasetName gone = new DatasetName("gone");
        String dropped = catalog.create(gone, SampleFiles.SCHEMA, null).location();
        IcebergCatalog timed = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, now::get);
        List<DataFile> written = files.write(blobs, 1, TimeGrain.DAY);
        timed.drop(gone);
        assertThat(timed.collectGarbage()).isZero();
        now.updateAndGet(time -> time.plus(CatalogConfig.DEFAULT.grace()).plusSeconds(1));
        assertThat(timed.collectGarbage()).isGreaterThanOrEqualTo(3);
        assertThat(blobs.size(orphans.getFirst().blob())).isEmpty();
        assertThat(blobs.list(dropped + "/")).isEmpty();
        // Written after the start and not yet committed: somebody's work.
        assertThat(blobs.size(written.getFirst().blob())).isPresent();
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(kept);
    }

    @Test
    void filesOfAllGrainsStandTogether() {
        Dataset air = catalog.create(AIR, SampleFiles.SCHEMA, null);
        SampleFiles files = new SampleFiles(air, 43);
        List<DataFile> mixed = new ArrayList<>(files.write(blobs, 2, TimeGrain.NONE));
        mixed.addAll(files.write(blobs, 2, TimeGrain.YEAR));
        mixed.addAll(files.write(blobs, 2, TimeGrain.DAY));
        Snapshot first = catalog.append(AIR, mixed, 1, TimeGrain.YEAR);
        assertThat(first.grain()).isEqualTo(TimeGrain.YEAR);
        List<DataFile> months = files.compact(blobs, TimeGrain.MONTH);
        Snapshot second = catalog.replace(AIR, mixed.subList(0, 1), months);
        assertThat(second.grain()).isEqualTo(TimeGrain.YEAR);
        mixed.removeFirst();
        mixed.addAll(months);
        assertThat(second.files()).containsExactlyInAnyOrderElementsOf(mixed);
        reopen();
        assertThat(catalog.snapshot(AIR)).isEqualTo(second);
        mixed.addAll(files.write(blobs, 1, TimeGrain.DAY));
        catalog.append(AIR, mixed.subList(mixed.size() - 1, mixed.size()), 2, TimeGrain.DAY);
        reopen();
        assertThat(catalog.snapshot(AIR).grain()).isEqualTo(TimeGrain.DAY);
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(mixed);
    }

    @Test
    void compactionWorksAfterItsHistoryHasExpired() {
        IcebergCatalog forgetful = IcebergCatalog.open(
                blobs, new CatalogConfig(Duration.ZERO, Duration.ZERO, 2, 4, false), InstantSource.system());
        Dataset air = forgetful.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 37);
        List<DataFile> expected = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            List<DataFile> small = files.write(blobs, 2, TimeGrain.DAY);
            forgetful.append(AIR, small, i, TimeGrain.DAY);
            List<DataFile> large = files.compact(blobs, TimeGrain.DAY);
            forgetful.replace(AIR, small, large);
            expected.addAll(large);
            forgetful.collectGarbage();
        }
        assertThat(forgetful.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(expected);
        reopen();
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(expected);
        for (DataFile file : expected) {
            assertThat(blobs.size(file.blob())).isPresent();
        }
    }

    @Test
    void manyCommitsLeaveFewManifestsAndSnapshots() {
        manyCommits(40, new CatalogConfig(Duration.ZERO, Duration.ZERO, 5, 6, false));
    }

    @Test
    @Tag("slow")
    void aThousandCommitsLeaveFewManifestsAndSnapshots() {
        manyCommits(1000, CatalogConfig.DEFAULT);
    }

    private void manyCommits(int count, CatalogConfig config) {
        IcebergCatalog many = IcebergCatalog.open(blobs, config, InstantSource.system());
        Dataset air = many.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        List<DataFile> files = new SampleFiles(air, 31).files(count, TimeGrain.DAY);
        for (int i = 0; i < count; i++) {
            many.append(AIR, files.subList(i, i + 1), i, TimeGrain.DAY);
        }
        BlobTableOperations table = new BlobTableOperations(AIR, blobs, new BlobFileIO(blobs), blob -> {});
        assertThat(table.load()).isTrue();
        assertThat(table.current().snapshots().size()).isLessThanOrEqualTo(2 * config.keptSnapshots());
        assertThat(table.current().currentSnapshot().allManifests(table.io()).size())
                .isLessThanOrEqualTo(config.looseManifests() + 2);
        if (config.grace().isZero()) {
            many.collectGarbage();
            assertThat(blobs.list(air.location() + "/metadata/").size()).isLessThan(60);
        }
        reopen();
        assertThat(catalog.snapshot(AIR).files()).containsExactlyInAnyOrderElementsOf(files);
    }
}
