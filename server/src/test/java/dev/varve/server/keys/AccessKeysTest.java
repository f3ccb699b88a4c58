package dev.varve.server.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys come back as they were made, and from nobody else. */
class AccessKeysTest {
    @TempDir
    private Path directory = Path.of("");

    private AccessKeys open() {
        return AccessKeys.open(directory, InstantSource.system());
    }

    @Test
    void keysOutliveTheProcess() {
        AccessKeys.Created made = open().create("ann", List.of(Grant.parse("read:lake"), Grant.parse("owner:*")));
        assertThat(open().find(made.key().id())).contains(made);
        assertThat(open().list()).containsExactly(made.key());
    }

    @Test
    void otherProcessesSeeChangesAtOnce() {
        AccessKeys one = open();
        AccessKeys other = open();
        AccessKeys.Created made = one.create("ann", List.of());
        assertThat(other.find(made.key().id())).contains(made);
        assertThat(other.revoke(made.key().id())).isTrue();
        assertThat(one.find(made.key().id())).isEmpty();
        assertThat(one.list())
                .singleElement()
                .satisfies(key -> assertThat(key.revoked()).isPresent());
        assertThat(one.revoke(made.key().id())).isFalse();
    }

    @Test
    void secretsAreNowhereInTheClear() throws IOException {
        AccessKeys.Created made = open().create("ann", List.of());
        for (String name : List.of("secret.key", "access.json", "access.lock")) {
            Path file = directory.resolve(name);
            assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                    .doesNotContain(made.secret());
        }
        for (String name : List.of("secret.key", "access.json")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void editedEntriesOpenNothing() throws IOException {
        open().create("ann", List.of(Grant.parse("read:lake")));
        Path file = directory.resolve("access.json");
        String text = Files.readString(file);
        Files.writeString(file, text.replace("read:lake", "owner:*"));
        assertThatThrownBy(this::open).isInstanceOf(VarveException.class).hasMessageContaining("cannot be decrypted");
        Files.writeString(file, text.replace("\"ann\"", "\"bob\""));
        assertThatThrownBy(this::open).isInstanceOf(VarveException.class);
        Files.writeString(file, text);
        assertThat(open().list()).hasSize(1);
    }

    @Test
    void aLostMasterKeyIsNotReplacedInSilence() throws IOException {
        open().create("ann", List.of());
        Files.delete(directory.resolve("secret.key"));
        assertThatThrownBy(this::open).isInstanceOf(VarveException.class).hasMessageContaining("secret.key");
    }

    @Test
    void grantsAreOfABucketOrOfAll() {
        Grant read = Grant.parse("read:lake");
        assertThat(read.allows(Grant.Permission.READ, "lake")).isTrue();
        assertThat(read.allows(Grant.Permission.READ, "lake2")).isFalse();
        assertThat(read.allows(Grant.Permission.WRITE, "lake")).isFalse();
        assertThat(Grant.parse("owner:*").allows(Grant.Permission.WRITE, "any")).isTrue();
        assertThat(Grant.parse("write:x").allows(Grant.Permission.READ, "x")).isFalse();
        for (String text : List.of("", "lake", "read:", ":lake", "admin:lake")) {
            assertThatThrownBy(() -> Grant.parse(text)).isInstanceOf(VarveException.class);
        }
    }
}
