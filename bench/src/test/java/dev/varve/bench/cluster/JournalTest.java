package dev.varve.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @Test
    void countsRightRunsAndShowsWrongOnes(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("runs.tsv");
        Journal journal = new Journal(file, "abc");
        Tally.Sum load = new Tally().sum();
        journal.add(new Run.Result(
                Instant.EPOCH, 1, "register", "kill", "kill -9 node-1", load, Duration.ofMillis(5), List.of()));
        journal.add(new Run.Result(
                Instant.EPOCH, 2, "register", "kill", "kill -9 node-2", load, Duration.ZERO, List.of("not\n  right")));

        assertThat(Journal.markdown(file))
                .contains("| nemesis | register |")
                .contains("| kill | **1/2** |")
                .contains("1 of 2 runs were right.")
                .contains("| 2 | register | kill | kill -9 node-2 | not right |");
    }
}
