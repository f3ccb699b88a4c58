package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ObjectBlobStoreTest extends BlobStoreContract {
    @TempDir
    Path directory;

    @Override
    BlobStore open() {
        return ObjectBlobStore.openLocal(directory.resolve("store"));
    }

    @Test
    void aStoreOfTheFirstLayoutIsRefused() throws IOException {
        Path old = directory.resolve("old");
        Files.createDirectories(old.resolve("blobs"));
        assertThatThrownBy(() -> ObjectBlobStore.openLocal(old)).hasMessageContaining("earlier version");
        assertThat(old.resolve("chunks")).doesNotExist();
    }
}
