package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.console.Terminal;
import dev.varve.server.launch.ClusterPlan;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.Surroundings;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands of {@code cluster} where no process runs. */
@Timeout(60)
class ClusterCommandTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        out.reset();
        err.reset();
        Terminal terminal = new Terminal(
                InputStream.nullInputStream(),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false,
                false,
                120,
                Map.of());
        String[] whole =
                Stream.concat(Stream.of("cluster"), Stream.of(arguments)).toArray(String[]::new);
        return VarveCommand.run(terminal, new EmbeddedNodes(), whole);
    }

    private void make(int nodes) {
        LocalCluster.create(folder, ClusterPlan.of(nodes), Surroundings.LOOPBACK)
                .close();
    }

    @Test
    void statusIsOneObjectALine() {
        make(2);
        assertThat(run("status", "--dir", folder.toString())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .hasSize(3)
                .first()
                .isEqualTo("{\"process\":\"zookeeper-1\",\"state\":\"stopped\",\"pid\":null}");
        assertThat(run("status", "--dir", folder.toString(), "--format", "table"))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("process ")
                .containsPattern("node-2 +stopped +\\d+ +\\d+ +\\d+ +\\d+ +0 B");
    }

    @Test
    void whatIsNotThereIsNamedWithWhatIs() {
        assertThat(run("kill", "1", "--dir", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("there is no cluster in", "varve cluster start");
        make(1);
        assertThat(run("kill", "7", "--dir", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("has no node-7", "zookeeper-1, node-1");
        assertThat(run("pause", "1", "--dir", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("node-1 does not run");
        assertThat(run("drain", "zookeeper", "--dir", folder.toString())).isEqualTo(ExitCodes.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no ZooKeeper of the cluster runs");
    }

    @Test
    void mistakesInOptionsAreNamedBeforeAnythingIsMade() {
        for (String[] wrong :
                new String[][] {{"--nodes", "0"}, {"--zookeepers", "2"}, {"--base-port", "80"}, {"--heap", "lots"}}) {
            assertThat(run("start", "--dir", folder.toString(), wrong[0], wrong[1]))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(err.toString(StandardCharsets.UTF_8)).contains("error: " + wrong[0] + " is");
        }
        assertThat(LocalCluster.exists(folder)).isFalse();
    }

    @Test
    void stoppingWhatDoesNotRunIsNoMistake() {
        make(1);
        assertThat(run("stop", "--dir", folder.toString())).isZero();
    }
}
