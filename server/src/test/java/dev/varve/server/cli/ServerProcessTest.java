package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code server} as a process of its own. */
class ServerProcessTest {
    private static final Pattern READY = Pattern.compile("varve is ready: (http://\\S+) .*");

    @TempDir
    private Path folder;

    @Test
    @Timeout(120)
    void sigtermWritesToFilesWhatIsInMemoryAndEndsWithZero() throws Exception {
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VarveCommand.class.getName(),
                        "server",
                        "--data",
                        folder.resolve("node").toString(),
                        "--http-port",
                        "0",
                        "--s3-port",
                        "0",
                        "--flight-port",
                        "0")
                .redirectErrorStream(true)
                .start();
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines = server.inputReader(StandardCharsets.UTF_8);
                Varve varve = Varve.connect(url(lines, said))) {
            varve.createDataset(DatasetSpec.named("air").column("t", "double"));
            try (RowWriter writer = varve.writer("air")) {
                writer.time(1).at(1, 2).set(writer.column("t"), 3.5).add();
            }
            server.toHandle().destroy();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                said.append(line).append('\n');
            }
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue()).isZero();
        } finally {
            server.destroyForcibly();
        }
        assertThat(said.toString()).contains("varve is stopping").doesNotContain("ERROR", "WARN", "Exception");

        Map<String, String> settings = Map.of(
                "data.dir", folder.resolve("node").toString(), "http.port", "0", "flight.port", "0", "s3.port", "0");
        try (NodeLauncher.RunningNode again = new EmbeddedNodes().start(null, Map.of(), settings);
                Varve varve = Varve.connect("http://127.0.0.1:" + again.httpPort())) {
            assertThat(varve.describe("air").summary().rows()).isEqualTo(1);
            assertThat(varve.describe("air").summary().unflushedRows()).isZero();
        }
    }

    private static String url(BufferedReader lines, StringBuilder said) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            said.append(line).append('\n');
            Matcher ready = READY.matcher(line);
            if (ready.matches()) {
                return ready.group(1);
            }
        }
        throw new AssertionError("the server ended:\n" + said);
    }
}
