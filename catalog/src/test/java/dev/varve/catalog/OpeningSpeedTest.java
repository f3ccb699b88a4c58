package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.BlobStore;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.model.DatasetName;
import dev.varve.model.TimeGrain;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints how long a dataset of tens of thousands of files takes to open. */
@Tag("slow")
class OpeningSpeedTest {
    private static final DatasetName AIR = new DatasetName("air");
    private static final int COMMITS = 60;
    private static final int FILES = 500;

    @Test
    void tensOfThousandsOfFilesAreFoundAgain(@TempDir Path directory) {
        try (BlobStore blobs = ObjectBlobStore.openLocal(directory)) {
            IcebergCatalog first = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system());
            SampleFiles samples = new SampleFiles(first.create(AIR, SampleFiles.SCHEMA, TimeGrain.DAY), 1);
            for (int i = 0; i < COMMITS; i++) {
                first.append(AIR, samples.files(FILES, TimeGrain.DAY), i, TimeGrain.DAY);
            }
            for (int i = 0; i < 5; i++) {
                long start = System.nanoTime();
                IcebergCatalog again = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, InstantSource.system());
                long end = System.nanoTime();
                assertThat(again.snapshot(AIR)).isEqualTo(first.snapshot(AIR));
                System.out.printf("%d files opened in %d ms%n", COMMITS * FILES, (end - start) / 1_000_000);
            }
        }
    }
}
