package dev.varve.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.model.VarveException;
import dev.varve.server.keys.AccessKeys;
import dev.varve.server.keys.Grant;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedKeysTest {
    private static final byte[] SECRET = new byte[32];

    @TempDir
    private Path directory;

    private ObjectBlobStore blobs;
    private AccessKeys first;
    private AccessKeys second;
    private SharedKeys ofFirst;
    private SharedKeys ofSecond;

    @BeforeEach
    void open() {
        blobs = ObjectBlobStore.openLocal(directory.resolve("store"));
        first = AccessKeys.open(directory.resolve("first"), InstantSource.system());
        second = AccessKeys.open(directory.resolve("second"), InstantSource.system());
        ofFirst = new SharedKeys(first, blobs, SECRET);
        ofSecond = new SharedKeys(second, blobs, SECRET);
    }

    @AfterEach
    void close() {
        blobs.close();
    }

    @Test
    void aKeyMadeOnOneNodeIsKnownOnTheOther() {
        AccessKeys.Created made = first.create("ada", List.of(Grant.parse("read:lake")));
        ofFirst.exchange();
        ofSecond.exchange();
        assertThat(second.find(made.key().id())).contains(made);
    }

    @Test
    void keysMadeOnBothNodesAtOnceAreKnownOnBoth() {
        AccessKeys.Created one = first.create("ada", List.of());
        AccessKeys.Created two = second.create("bob", List.of());
        ofFirst.exchange();
        ofSecond.exchange();
        ofFirst.exchange();
        assertThat(first.find(two.key().id())).contains(two);
        assertThat(second.find(one.key().id())).contains(one);
    }

    @Test
    void aRevocationWinsWhereverItWasMade() {
        AccessKeys.Created made = first.create("ada", List.of());
        ofFirst.exchange();
        ofSecond.exchange();
        second.revoke(made.key().id());
        ofSecond.exchange();
        ofFirst.exchange();
        assertThat(first.find(made.key().id())).isEmpty();
    }

    @Test
    void nothingIsWrittenWhenBothKnowTheSameThoughTheyRevokedAtDifferentTimes() {
        AccessKeys.Created made = first.create("ada", List.of());
        ofFirst.exchange();
        ofSecond.exchange();
        first.revoke(made.key().id());
        second.revoke(made.key().id());
        ofFirst.exchange();
        long version = blobs.register("access-keys").orElseThrow().version();
        ofSecond.exchange();
        ofFirst.exchange();
        assertThat(blobs.register("access-keys").orElseThrow().version()).isEqualTo(version);
    }

    @Test
    void aNodeWithAnotherSecretIsTold() {
        first.create("ada", List.of());
        ofFirst.exchange();
        byte[] other = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        assertThatThrownBy(() -> new SharedKeys(second, blobs, other).exchange())
                .isInstanceOf(VarveException.class)
                .hasMessageContaining("access keys");
    }
}
