package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.catalog.Catalog.ShardRange;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Catalogs of several processes on one store; {@code -Dvarve.seed=…} repeats one history. */
class SharedCatalogTest {
    private static final DatasetName AIR = new DatasetName("air");
    private static final CatalogConfig SHARED = CatalogConfig.DEFAULT.shared();

    @TempDir
    private Path directory;

    private BlobStore blobs;

    @BeforeEach
    void open() {
        blobs = ObjectBlobStore.openLocal(directory);
    }

    @AfterEach
    void close() {
        blobs.close();
    }

    private IcebergCatalog catalog(CatalogConfig config) {
        return IcebergCatalog.open(blobs, config, InstantSource.system());
    }

    static LongStream seeds() {
        Long one = Long.getLong("varve.seed");
        return one == null ? LongStream.range(0, 3) : LongStream.of(one);
    }

    @Test
    void whatOneDoesTheOthersSeeAtTheirNextLook() {
        IcebergCatalog here = catalog(SHARED);
        IcebergCatalog there = catalog(SHARED);
        assertThat(there.find(AIR)).isEmpty();
        Dataset air = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        assertThat(there.find(AIR)).contains(air);
        assertThat(catalog(SHARED).list()).containsExactly(air);
        Snapshot one = here.append(
                AIR, new SampleFiles(air, 1).write(blobs, 2, TimeGrain.DAY), new ShardRange(1, 0, 7), TimeGrain.DAY);
        assertThat(there.snapshot(AIR).files()).isEmpty();
        assertThat(there.fresh(AIR)).isEqualTo(one);
        assertThat(there.snapshot(AIR)).isEqualTo(one);
        Dataset wider = there.addColumns(AIR, List.of(new Column("ozone", ColumnType.DOUBLE)));
        assertThat(here.find(AIR)).contains(wider);
        assertThat(here.list()).containsExactly(wider);
        here.drop(AIR);
        assertThat(there.list()).isEmpty();
        assertThatThrownBy(() -> there.fresh(AIR))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATASET_NOT_FOUND));
        Dataset second = there.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        assertThat(here.fresh(AIR).dataset()).isEqualTo(second);
        assertThatThrownBy(() -> here.create(AIR, SampleFiles.SCHEMA, null))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATASET_EXISTS));
    }

    @Test
    void aDatasetMadeAnewIsNotTakenForTheOldOne() {
        IcebergCatalog here = catalog(SHARED);
        IcebergCatalog there = catalog(SHARED);
        Dataset first = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        List<DataFile> late = new SampleFiles(first, 1).write(blobs, 1, TimeGrain.DAY);
        assertThat(there.fresh(AIR).dataset()).isEqualTo(first);
        here.drop(AIR);
        Dataset second = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        assertThatThrownBy(() -> there.append(AIR, late, new ShardRange(0, 0, 5), TimeGrain.DAY))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DATASET_NOT_FOUND));
        assertThat(there.list()).containsExactly(second);
    }

    @Test
    void aFlushOfRowsThatAreInFilesChangesNothing() {
        IcebergCatalog here = catalog(SHARED);
        IcebergCatalog there = catalog(SHARED);
        Dataset air = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 3);
        List<DataFile> theirs = files.write(blobs, 1, TimeGrain.DAY);
        List<DataFile> ours = files.write(blobs, 1, TimeGrain.DAY);
        there.append(AIR, theirs, new ShardRange(2, 3, 9), TimeGrain.DAY);
        assertThatThrownBy(() -> here.append(AIR, ours, new ShardRange(2, 5, 12), TimeGrain.DAY))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT));
        Snapshot both = here.append(AIR, ours, new ShardRange(0, 5, 12), TimeGrain.DAY);
        assertThat(both.logPositions()).isEqualTo(Map.of(0, 12L, 2, 9L));
        assertThat(both.logPosition()).isEqualTo(12);
        assertThat(here.append(AIR, ours, new ShardRange(0, 5, 12), TimeGrain.DAY)
                        .files())
                .hasSize(2);
        Snapshot merged = there.replace(AIR, both.files(), files.compact(blobs, TimeGrain.DAY));
        assertThat(merged.logPositions()).isEqualTo(both.logPositions());
        assertThat(catalog(SHARED).snapshot(AIR)).isEqualTo(merged);
    }

    @Test
    void theLaterFlushIsTheNewerRunWhateverItsPosition() {
        IcebergCatalog here = catalog(SHARED);
        Dataset air = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 3);
        List<DataFile> late = files.write(blobs, 2, TimeGrain.DAY);
        here.append(AIR, files.write(blobs, 1, TimeGrain.DAY), new ShardRange(0, 0, 1000), TimeGrain.DAY);
        Snapshot both = here.append(AIR, late, new ShardRange(1, 0, 4), TimeGrain.DAY);
        assertThat(both.files().stream().map(DataFile::run).sorted().toList()).containsExactly(1L, 2L, 2L);
        assertThat(catalog(SHARED).snapshot(AIR)).isEqualTo(both);
    }

    @Test
    void manyWhoAskAtOnceSeeWhatWasCommittedBefore() throws Exception {
        IcebergCatalog here = catalog(SHARED);
        IcebergCatalog there = catalog(SHARED);
        Dataset air = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 3);
        AtomicReference<Long> committed = new AtomicReference<>(0L);
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> reading = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                reading.add(readers.submit((Callable<Void>) () -> {
                    for (long least = committed.get(); least < 15; least = committed.get()) {
                        assertThat(there.fresh(AIR).logPosition()).isGreaterThanOrEqualTo(least);
                    }
                    return null;
                }));
            }
            for (long i = 0; i < 15; i++) {
                here.append(AIR, files.write(blobs, 1, TimeGrain.DAY), new ShardRange(0, i, i + 1), TimeGrain.DAY);
                committed.set(i + 1);
            }
            for (Future<Void> reader : reading) {
                reader.get();
            }
        }
    }

    /** Three processes at once; each flushes a shard of its own. */
    private final class Processes {
        private final long seed;
        private final List<IcebergCatalog> catalogs;
        private final Set<DataFile> added = ConcurrentHashMap.newKeySet();
        /** Files that somebody wanted to replace, and those that somebody did. */
        private final Set<DataFile> wanted = ConcurrentHashMap.newKeySet();

        private final Set<DataFile> replaced = ConcurrentHashMap.newKeySet();
        private final Set<String> columns = ConcurrentHashMap.newKeySet();

        Processes(long seed, List<IcebergCatalog> catalogs) {
            this.seed = seed;
            this.catalogs = catalogs;
        }

        Void run(int process) {
            Random random = new Random(seed * 10 + process);
            IcebergCatalog catalog = catalogs.get(process);
            SampleFiles samples = new SampleFiles(catalog.find(AIR).orElseThrow(), seed * 10 + process, process);
            DatasetName own = new DatasetName("own" + process);
            long position = 0;
            boolean hasOwn = false;
            for (int step = 0; step < 25; step++) {
                int choice = random.nextInt(100);
                if (choice < 50) {
                    List<DataFile> written = samples.write(blobs, 1, TimeGrain.DAY);
                    Snapshot after = catalog.append(
                            AIR, written, new ShardRange(process, position, position + 3), TimeGrain.DAY);
                    position += 3;
                    assertThat(after.logPosition(process)).isEqualTo(position);
                    Set<String> names = written.stream().map(DataFile::blob).collect(Collectors.toSet());
                    after.files().stream()
                            .filter(file -> names.contains(file.blob()))
                            .forEach(added::add);
                } else if (choice < 70) {
                    compact(catalog, samples, random);
                } else if (choice < 78) {
                    String column = "c" + process + "x" + step;
                    assertThat(catalog.addColumns(AIR, List.of(new Column(column, ColumnType.INT)))
                                    .schema()
                                    .columns())
                            .extracting(Column::name)
                            .contains(column);
                    columns.add(column);
                } else if (choice < 90) {
                    if (hasOwn) {
                        catalog.drop(own);
                    } else {
                        catalog.create(own, SampleFiles.SCHEMA, null);
                    }
                    hasOwn = !hasOwn;
                    IcebergCatalog other = catalogs.get(random.nextInt(catalogs.size()));
                    assertThat(other.find(own).isPresent()).isEqualTo(hasOwn);
                    assertThat(other.list().stream()
                                    .anyMatch(dataset -> dataset.name().equals(own)))
                            .isEqualTo(hasOwn);
                } else {
                    catalog.collectGarbage();
                }
                check(catalogs.get(random.nextInt(catalogs.size())));
            }
            return null;
        }

        private void compact(IcebergCatalog catalog, SampleFiles samples, Random random) {
            List<DataFile> there = catalog.snapshot(AIR).files();
            if (there.size() < 3) {
                return;
            }
            int from = random.nextInt(there.size() - 2);
            List<DataFile> removed = there.subList(from, from + 3);
            List<DataFile> merged = samples.compact(blobs, TimeGrain.DAY);
            wanted.addAll(removed);
            try {
                catalog.replace(AIR, removed, merged);
                replaced.addAll(removed);
                added.addAll(merged);
            } catch (VarveException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT);
            }
        }

        private void check(IcebergCatalog catalog) {
            Set<DataFile> missing = new HashSet<>(added);
            Set<String> columnsBefore = new HashSet<>(columns);
            Snapshot seen = catalog.fresh(AIR);
            missing.removeAll(new HashSet<>(seen.files()));
            missing.removeAll(wanted);
            assertThat(missing).isEmpty();
            assertThat(seen.schema().columns()).extracting(Column::name).containsAll(columnsBefore);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void threeProcessesLoseNothingOfEachOther(long seed) throws Exception {
        CatalogConfig config = new CatalogConfig(Duration.ofMinutes(10), Duration.ofMinutes(1), 5, 6, true);
        Processes processes = new Processes(seed, List.of(catalog(config), catalog(config), catalog(config)));
        processes.catalogs.getFirst().create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Callable<Void>> runs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int process = i;
                runs.add(() -> processes.run(process));
            }
            for (Future<Void> run : threads.invokeAll(runs)) {
                run.get();
            }
        }
        Snapshot last = processes.catalogs.getFirst().fresh(AIR);
        processes.added.removeAll(processes.replaced);
        assertThat(last.files()).containsExactlyInAnyOrderElementsOf(processes.added);
        for (IcebergCatalog catalog : processes.catalogs) {
            assertThat(catalog.fresh(AIR)).isEqualTo(last);
        }
        assertThat(catalog(CatalogConfig.DEFAULT).snapshot(AIR)).isEqualTo(last);
        for (DataFile file : last.files()) {
            assertThat(blobs.size(file.blob())).isPresent();
        }
    }

    @Test
    void garbageIsCollectedByAnyAndFilesOfOthersStay() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        IcebergCatalog here = IcebergCatalog.open(blobs, SHARED, now::get);
        IcebergCatalog there = IcebergCatalog.open(blobs, SHARED, now::get);
        Dataset air = here.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY);
        SampleFiles files = new SampleFiles(air, 5);
        List<DataFile> small = files.write(blobs, 3, TimeGrain.DAY);
        here.append(AIR, small, new ShardRange(0, 0, 1), TimeGrain.DAY);
        List<DataFile> orphan = files.write(blobs, 1, TimeGrain.DAY);
        here.collectGarbage();
        there.collectGarbage();
        // made after the scan, and neither process has looked since
        DatasetName late = new DatasetName("late");
        Dataset other = here.create(late, SampleFiles.SCHEMA, TimeGrain.DAY);
        List<DataFile> kept = new SampleFiles(other, 7).write(blobs, 2, TimeGrain.DAY);
        here.append(late, kept, new ShardRange(0, 0, 1), TimeGrain.DAY);
        List<DataFile> large = files.compact(blobs, TimeGrain.DAY);
        here.replace(AIR, small, large);
        Duration rest = SHARED.history().plus(SHARED.grace()).plusSeconds(60);
        for (int i = 0; i < 3; i++) {
            assertThat(blobs.size(large.getFirst().blob())).isPresent();
            now.updateAndGet(time -> time.plus(rest));
            there.collectGarbage();
            here.collectGarbage();
        }
        assertThat(blobs.list(air.location() + "/data/"))
                .containsExactly(large.getFirst().blob());
        assertThat(blobs.size(orphan.getFirst().blob())).isEmpty();
        assertThat(there.fresh(late).files()).hasSize(2);
        kept.forEach(file -> assertThat(blobs.size(file.blob())).isPresent());
    }
}
