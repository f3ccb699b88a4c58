package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.disk.FaultyDisk;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBlobStoreTest extends BlobStoreContract {
    @TempDir
    private Path directory;

    @Override
    BlobStore open() {
        return LocalBlobStore.open(directory.resolve("store"));
    }

    @Test
    void draftsOfAnEarlierProcessAreRemoved() throws IOException {
        Path other = directory.resolve("other");
        LocalBlobStore.open(other).close();
        Files.write(other.resolve("drafts/1.draft"), new byte[] {1});
        try (LocalBlobStore store = LocalBlobStore.open(other)) {
            assertThat(other.resolve("drafts")).isEmptyDirectory();
            assertThat(store.list("")).isEmpty();
        }
    }

    @Test
    void aDirectoryHasOneOwner() {
        Path other = directory.resolve("owned");
        try (LocalBlobStore store = LocalBlobStore.open(other)) {
            assertThat(store.usableBytes()).isPositive();
            assertThatThrownBy(() -> LocalBlobStore.open(other)).hasMessageContaining("in use by this process");
        }
        LocalBlobStore.open(other).close();
    }

    @Test
    void damageToAnyByteOfARegisterIsFound() throws IOException {
        Path other = directory.resolve("damaged");
        try (LocalBlobStore store = LocalBlobStore.open(other)) {
            store.compareAndSet("a", BlobStore.ABSENT, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            Path file = other.resolve("registers/a");
            byte[] whole = Files.readAllBytes(file);
            for (int at = 0; at < whole.length; at++) {
                byte[] damaged = whole.clone();
                damaged[at] ^= 4;
                Files.write(file, damaged);
                assertThatThrownBy(() -> store.register("a"))
                        .isInstanceOfSatisfying(
                                VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
            }
        }
    }

    @Test
    void aLossOfPowerWhileARegisterIsWrittenKeepsTheOldContent() {
        Path other = directory.resolve("power");
        FaultyDisk disk = new FaultyDisk();
        try (LocalBlobStore store = LocalBlobStore.open(other, disk)) {
            store.compareAndSet("a", BlobStore.ABSENT, ByteBuffer.wrap(new byte[] {1}));
            disk.crash(new Random(1));
            assertThatThrownBy(() -> store.compareAndSet("a", 1, ByteBuffer.wrap(new byte[] {2})))
                    .isInstanceOfSatisfying(
                            VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE));
        }
        try (LocalBlobStore store = LocalBlobStore.open(other)) {
            assertThat(store.register("a").map(BlobStore.Register::content)).contains(ByteBuffer.wrap(new byte[] {1}));
        }
    }
}
