package dev.varve.blobstore.rocks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

final class RocksFilesTest {
    private static final int BLOCK_BYTES = 32 << 10;

    @TempDir
    Path directory;

    private static Path manifest(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Flushes so often, under keys so long, that the manifest has several blocks. */
    private static void grow(RocksDB db, Path directory) throws RocksDBException, IOException {
        byte[] value = new byte[10];
        for (int i = 0; Files.size(manifest(directory)) < 4 * BLOCK_BYTES; i++) {
            byte[] key = ByteBuffer.allocate(1500 + i % 97).putInt(i).array();
            db.put(key, value);
            try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
                db.flush(wait);
            }
        }
    }

    @Test
    void aLongManifestIsWholeUntilAnyBitOfItIsNot() throws Exception {
        RocksDB.loadLibrary();
        Random random = new Random(1);
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, directory.toString())) {
            assertThat(RocksFiles.findFlaws(db, directory)).isEmpty();
            grow(db, directory);
            assertThat(RocksFiles.findFlaws(db, directory)).isEmpty();
            Path manifest = manifest(directory);
            byte[] whole = Files.readAllBytes(manifest);
            for (int i = 0; i < 100; i++) {
                int at = i < 20 ? i * whole.length / 20 : random.nextInt(whole.length);
                byte[] damaged = whole.clone();
                damaged[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(manifest, damaged);
                List<Flaw> flaws = RocksFiles.findFlaws(db, directory);
                assertThat(flaws).as("byte %d", at).hasSize(1);
                assertThat(flaws.getFirst().file()).isEqualTo(manifest);
                assertThat(flaws.getFirst().offset()).isLessThanOrEqualTo(at);
                if (at < whole.length - BLOCK_BYTES) {
                    assertThat(RocksFiles.findFlaw(directory)).isPresent();
                }
            }
            Files.write(manifest, Arrays.copyOf(whole, random.nextInt(whole.length)));
            assertThat(RocksFiles.findFlaws(db, directory)).hasSize(1);
            Files.write(manifest, whole);
            assertThat(RocksFiles.findFlaws(db, directory)).isEmpty();
        }
        assertThat(RocksFiles.findFlaw(directory)).isEmpty();
    }

    @Test
    void aTornEndOfAManifestIsNoDamageBeforeOpening() throws Exception {
        RocksDB.loadLibrary();
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, directory.toString())) {
            grow(db, directory);
        }
        Path manifest = manifest(directory);
        byte[] whole = Files.readAllBytes(manifest);
        for (int cut = 1; cut < 2000; cut += 7) {
            Files.write(manifest, Arrays.copyOf(whole, whole.length - cut));
            assertThat(RocksFiles.findFlaw(directory))
                    .as("without %d bytes", cut)
                    .isEmpty();
        }
    }

    @Test
    void aDatabaseWithoutItsNamesIsNotTakenForANewOne() throws Exception {
        RocksDB.loadLibrary();
        assertThat(RocksFiles.findFlaw(directory)).isEmpty();
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, directory.toString());
                FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
            db.put(new byte[1], new byte[1]);
            db.flush(wait);
        }
        Path current = directory.resolve("CURRENT");
        Files.delete(current);
        assertThat(RocksFiles.findFlaw(directory))
                .hasValueSatisfying(flaw -> assertThat(flaw.file()).isEqualTo(current));
    }
}
