package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs in Python that speak S3, each installed into a virtual environment of its own under {@code target}. */
@Tag("slow")
class PythonClientsTest {
    @ParameterizedTest
    @CsvSource({
        "boto3, boto3, 1024, 10000",
        "boto3, boto3==1.26.165, 64, 1000",
        "s3fs, s3fs, 64, 1000",
        "pyarrow, pyarrow, 64, 200",
        "awscli, awscli, 64, 200"
    })
    void clientsPutGetListAndSync(
            String client, String requirement, String mebibytes, String keys, @TempDir Path directory)
            throws IOException, InterruptedException {
        Path python = environment(requirement, directory);
        try (S3TestNode node = S3TestNode.startLocal(directory, S3TestNode.config())) {
            String output = run(
                    List.of(
                            python.toString(),
                            Path.of("src/test/s3/clients.py").toString(),
                            client,
                            "http://127.0.0.1:" + node.port(),
                            S3TestNode.MAIN_KEY,
                            S3TestNode.MAIN_SECRET,
                            mebibytes,
                            keys),
                    directory);
            assertThat(output).endsWith("ok " + client + "\n");
        }
    }

    private static Path environment(String requirement, Path directory) throws IOException, InterruptedException {
        Path folder =
                Path.of("target", "clients", requirement.replace("==", "-")).toAbsolutePath();
        Path python = folder.resolve("bin/python");
        Path done = folder.resolve("installed");
        if (!Files.exists(done)) {
            assumeTrue(isRun(List.of("python3", "-m", "venv", folder.toString()), directory), "there is no python3");
            boolean isInstalled =
                    isRun(List.of(python.toString(), "-m", "pip", "install", "-q", requirement), directory);
            assumeTrue(isInstalled, requirement + " cannot be installed here");
            Files.createFile(done);
        }
        return python;
    }

    private static boolean isRun(List<String> command, Path directory) throws InterruptedException {
        try {
            run(command, directory);
            return true;
        } catch (IOException | AssertionError e) {
            return false;
        }
    }

    /** What a program prints, if it ends well. */
    private static String run(List<String> command, Path directory) throws IOException, InterruptedException {
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(20, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readString(output);
    }
}
