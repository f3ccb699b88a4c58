package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.console.Terminal;
import dev.varve.server.launch.LocalCluster;
import dev.varve.server.launch.LocalNode;
import dev.varve.server.launch.Surroundings;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of real processes, by the commands that a person types. */
@Tag("slow")
@Timeout(900)
class ClusterRoundTripTest {
    private static final String WAIT = "300";

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @AfterEach
    void stop() {
        if (LocalCluster.exists(folder.resolve("c"))) {
            cluster("stop");
        }
    }

    @Test
    void rowsOutliveEveryNodeThatHadThem() throws Exception {
        Path rows = Files.writeString(
                folder.resolve("air.csv"),
                "time,lat,lon,station,pm25\n2024-01-01T00:00:00Z,1,2,a,3.5\n2024-01-01T01:00:00Z,1,2,a,4.5\n");
        cluster("start", "--heap", "512m", "--wait", WAIT);
        run("ingest", "csv", rows.toString(), "--dataset", "air", "--create", "--key", "station", "--node", nodes());
        assertThat(sum()).contains("\"count\":2", "8.0");

        cluster("kill", "1");
        assertThat(sum()).contains("\"count\":2", "8.0");
        cluster("start", "--wait", WAIT);
        cluster("pause", "2");
        assertThat(sum()).contains("\"count\":2", "8.0");
        cluster("resume", "2");

        cluster("add", "--wait", WAIT);
        for (String old : List.of("1", "2", "3")) {
            cluster("drain", old, "--wait", WAIT);
            cluster("remove", old);
            assertThat(sum()).contains("\"count\":2", "8.0");
            cluster("add", "--wait", WAIT);
        }
        cluster("status");
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("node-4", "node-5", "node-6", "node-7")
                .doesNotContain("node-1", "node-2", "node-3", "dead");
        cluster("restart", "--wait", WAIT);
        assertThat(sum()).contains("\"count\":2", "8.0");
    }

    private String sum() {
        run("sql", "select count(*), sum(pm25) from air", "--node", nodes());
        return out.toString(StandardCharsets.UTF_8);
    }

    private String nodes() {
        try (LocalCluster local = LocalCluster.open(folder.resolve("c"), Surroundings.LOOPBACK)) {
            return local.nodes().stream()
                    .map((LocalNode node) -> node.host() + ":" + node.httpPort())
                    .collect(Collectors.joining(","));
        }
    }

    private void cluster(String... arguments) {
        List<String> whole = new ArrayList<>(List.of("cluster"));
        whole.addAll(List.of(arguments));
        whole.addAll(List.of("--dir", folder.resolve("c").toString()));
        run(whole.toArray(String[]::new));
    }

    private void run(String... arguments) {
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
        int exit = VarveCommand.run(terminal, new EmbeddedNodes(), arguments);
        assertThat(exit).as(String.join(" ", arguments) + "\n" + err).isZero();
    }
}
