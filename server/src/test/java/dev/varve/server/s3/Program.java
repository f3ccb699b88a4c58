package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A program that a test starts.
 *
 * @param environment what it finds there besides what this process has
 */
record Program(List<String> command, Path directory, Map<String, String> environment) {
    private static final int MOST_MINUTES = 40;

    /** How a program ended, with all that it printed. */
    record Ended(int status, String output) {}

    Program {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    static Program of(Path directory, String... command) {
        return new Program(List.of(command), directory, Map.of());
    }

    Program with(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(environment);
        all.putAll(more);
        return new Program(command, directory, all);
    }

    /** Waits for its end; it must come. */
    Ended end() throws IOException, InterruptedException {
        Path output = Files.createTempFile("program", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            try {
                boolean isOver = process.waitFor(MOST_MINUTES, TimeUnit.MINUTES);
                assertThat(isOver).as(Files.readString(output)).isTrue();
                return new Ended(process.exitValue(), Files.readString(output));
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } finally {
            Files.delete(output);
        }
    }

    /** What it prints; it must end well. */
    String run() throws IOException, InterruptedException {
        Ended ended = end();
        assertThat(ended.status()).as(ended.output()).isZero();
        return ended.output();
    }

    /** Whether there is such a program and it ends well. */
    boolean isRun() throws InterruptedException {
        try {
            return end().status() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
