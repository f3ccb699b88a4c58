package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that speak S3, each with its defaults: they put, get, read a range, upload and download 1 GiB, list 10,000 keys
 * and, those that can, sync both ways. What each does is in {@code src/test/s3}.
 */
@Tag("slow")
class ClientsTest {
    private static final Path SCRIPTS = Path.of("src", "test", "s3").toAbsolutePath();

    @ParameterizedTest
    @CsvSource({
        "boto3, boto3",
        "boto3, boto3==1.26.165",
        "s3fs, s3fs",
        "pyarrow, pyarrow",
        "awscli, awscli",
        "killed, awscli"
    })
    void programsInPython(String client, String requirement, @TempDir Path directory)
            throws IOException, InterruptedException {
        run(directory, client, Installed.python(requirement, List.of(requirement)), SCRIPTS.resolve("clients.py"));
    }

    @Test
    void rclone(@TempDir Path directory) throws IOException, InterruptedException {
        Path rclone = Installed.debian("rclone");
        run(directory, "rclone", Path.of("python3"), SCRIPTS.resolve("clients.py"), rclone.toString());
    }

    @Test
    void theSdkForJavaScript(@TempDir Path directory) throws IOException, InterruptedException {
        Path folder = Installed.nodePackage("@aws-sdk/client-s3");
        // Modules are looked for beside the script.
        Path script = Files.copy(
                SCRIPTS.resolve("clients.mjs"), folder.resolve("clients.mjs"), StandardCopyOption.REPLACE_EXISTING);
        run(directory, "javascript", Path.of("node"), script);
    }

    private static void run(Path directory, String client, Path interpreter, Path script, String... arguments)
            throws IOException, InterruptedException {
        try (ClientsNode node = ClientsNode.start(directory)) {
            List<String> command = new ArrayList<>(List.of(interpreter.toString(), script.toString(), client));
            command.addAll(List.of(arguments));
            String output = new Program(command, directory, node.environment()).run();
            assertThat(output).endsWith("ok " + client + "\n");
        }
    }
}
