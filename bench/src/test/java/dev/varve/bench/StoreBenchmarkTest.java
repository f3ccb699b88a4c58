package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreBenchmarkTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void aSmallRunWithoutThePeerMeasuresEverything() throws Exception {
        Report report = new Report(new PrintStream(OutputStream.nullOutputStream()));
        try (RootAllocator memory = new RootAllocator()) {
            Workspace workspace = new Workspace(folder, 1_000, 7, StoreSize.SMALL, false, memory);
            new StoreBenchmark().run(workspace, memory, report);
        }
        assertThat(report.store().lines())
                .anyMatch(line -> line.contains("PUT 3 MiB"))
                .anyMatch(line -> line.contains("GET 3 MiB"))
                .anyMatch(line -> line.contains("PUT 4 KiB"))
                .anyMatch(line -> line.contains("GET 4 KiB, one client, p99"))
                .anyMatch(line -> line.contains("DELETE 4 KiB"))
                .anyMatch(line -> line.contains("slow clients"))
                .anyMatch(line -> line.contains("LIST 1,000 of 3,000 keys"))
                .noneMatch(line -> line.contains("no answer"));
    }
}
