package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.VarveException;
import dev.varve.model.cluster.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
    @TempDir
    private Path directory;

    @Test
    void flagsWinOverTheEnvironmentAndThatOverTheFile() throws IOException {
        Path file = file("""
                # a comment
                http.port = 1
                flush.max-age = 90s
                memtable.max-bytes=64MiB
                data.dir = here
                """);
        NodeConfig config = NodeConfig.load(
                file,
                Map.of("VARVE_HTTP__PORT", "2", "VARVE_FLUSH__MAX_AGE", "2m", "VARVE_HEAP", "1g", "HOME", "/"),
                Map.of("http.port", "3"));
        assertThat(config.http().port()).isEqualTo(3);
        assertThat(config.ingest().flushMaxAge()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.ingest().memtableMaxBytes()).isEqualTo(64L << 20);
        assertThat(config.dataDir()).isEqualTo(Path.of("here"));
        assertThat(config.flight().port()).isEqualTo(8182);
    }

    @Test
    void rowsThatWaitFitIntoMemory() {
        NodeConfig small = NodeConfig.load(null, Map.of(), Map.of("memory.limit", "256MiB"));
        assertThat(small.ingest().memtableMaxBytes()).isEqualTo(64L << 20);
        assertThat(small.ingest().flushMaxBytes()).isEqualTo(48L << 20);
        assertThatThrownBy(() -> NodeConfig.load(
                        null, Map.of(), Map.of("memory.limit", "256MiB", "memtable.max-bytes", "200MiB")))
                .hasMessageContaining("memtable.max-bytes is 200MiB and memory.limit 256MiB");
    }

    @Test
    void unknownKeysAreRefusedWithTheNearest() throws IOException {
        Path file = file("http.prot = 1\n");
        assertThatThrownBy(() -> NodeConfig.load(file, Map.of(), Map.of()))
                .asInstanceOf(InstanceOfAssertFactories.type(VarveException.class))
                .satisfies(error -> {
                    assertThat(error.getMessage()).contains("http.prot").contains(":1");
                    assertThat(error.hint()).isEqualTo("did you mean 'http.port'?");
                });
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of("VARVE_QUERY__TIMOUT", "1s"), Map.of()))
                .hasMessageContaining("query.timout");
    }

    @Test
    void yamlMeansTheSame() throws IOException {
        Path file = file("""
                # a comment
                http:
                  host: 0.0.0.0
                  port: 8080        # the usual one
                flush.max-age: 90s
                cluster:
                  zookeeper: [a:2181, "b:2181"]
                  node: node-1
                  secret-file: secret
                  roles:
                    - store
                    - query
                  zone:
                """);
        NodeConfig config = NodeConfig.load(file, Map.of("VARVE_HTTP__PORT", "2"), Map.of());
        assertThat(config.http().host()).isEqualTo("0.0.0.0");
        assertThat(config.http().port()).isEqualTo(2);
        assertThat(config.ingest().flushMaxAge()).isEqualTo(Duration.ofSeconds(90));
        ClusterConfig cluster = config.cluster().orElseThrow();
        assertThat(cluster.zookeeper()).isEqualTo("a:2181,b:2181");
        assertThat(cluster.roles()).containsExactlyInAnyOrder(Role.STORE, Role.QUERY);
        assertThat(cluster.zone()).isEmpty();
    }

    @Test
    void mistakesInYamlAreNamedWithTheirPlace() throws IOException {
        Path unknown = file("http:\n  port: 1\n  prot: 1\n");
        assertThatThrownBy(() -> NodeConfig.load(unknown, Map.of(), Map.of()))
                .hasMessageContaining("http.prot")
                .hasMessageContaining(":3");
        Path twice = file("http.port: 1\nhttp:\n  port: 2\n");
        assertThatThrownBy(() -> NodeConfig.load(twice, Map.of(), Map.of()))
                .hasMessageContaining(":3 gives http.port a second");
        Path broken = file("http:\n  port: [1\n");
        assertThatThrownBy(() -> NodeConfig.load(broken, Map.of(), Map.of())).hasMessageContaining("is not YAML");
        Path list = file("---\n- http\n");
        assertThatThrownBy(() -> NodeConfig.load(list, Map.of(), Map.of()))
                .hasMessageContaining(":2 is not of the form");
    }

    @Test
    void brokenValuesAreRefusedWithTheirKey() throws IOException {
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("flush.max-age", "soon")))
                .hasMessageContaining("flush.max-age 'soon' is not a duration");
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("memtable.max-bytes", "64 elephants")))
                .hasMessageContaining("memtable.max-bytes");
        assertThatThrownBy(() -> NodeConfig.load(null, Map.of(), Map.of("http.port", "-1")))
                .hasMessageContaining("http.port");
        Path file = file("http.port 8181\n");
        assertThatThrownBy(() -> NodeConfig.load(file, Map.of(), Map.of())).hasMessageContaining("key = value");
        Path twice = file("http.port = 1\nhttp.port = 2\n");
        assertThatThrownBy(() -> NodeConfig.load(twice, Map.of(), Map.of())).hasMessageContaining("second time");
    }

    @Test
    void theDocumentListsEverySettingWithItsDefault() throws IOException {
        String expected = NodeConfig.settings().stream()
                .map(known -> "| `" + known.key() + "` | `" + known.defaultText() + "` | " + known.meaning() + " |")
                .collect(Collectors.joining("\n"));
        Path document = Path.of("..", "docs", "configuration.md");
        if (Boolean.getBoolean("varve.rewrite")) {
            String old = Files.readString(document);
            int start = old.indexOf("| `data.dir`");
            int end = old.indexOf("\n\n", start);
            Files.writeString(document, old.substring(0, start) + expected + old.substring(end));
        }
        assertThat(Files.readString(document)).contains(expected);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("varve" + text.hashCode() + ".conf"), text);
    }
}
