package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What EXPLAIN says of the statements in {@code plans.txt}; after a wanted change {@code -Dvarve.rewrite=true} rewrites the
 * file, and the difference is the review.
 */
@NullUnmarked
class PlansTest {
    private static final Path SOURCE = Path.of("src/test/resources/dev/varve/query/plans.txt");

    @Test
    void plansAreAsTheyWere(@TempDir Path directory) throws SQLException, IOException {
        String golden;
        try (InputStream in = PlansTest.class.getResourceAsStream("plans.txt")) {
            golden = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<String> found = new ArrayList<>();
        try (TestLake lake = SampleLake.in(directory)) {
            for (String section : sections(golden)) {
                String sql = section.lines().findFirst().orElseThrow();
                List<String> lines = new ArrayList<>(List.of(sql));
                lake.ask("explain " + sql).lines().stream()
                        .filter(line -> !line.strip().startsWith("bytes:"))
                        .map(line -> "    " + line)
                        .forEach(lines::add);
                found.add(String.join("\n", lines));
            }
        }
        if (Boolean.getBoolean("varve.rewrite")) {
            Files.writeString(SOURCE, String.join("\n\n", found) + "\n");
        }
        assertThat(found).isEqualTo(sections(golden));
    }

    private static List<String> sections(String text) {
        return Arrays.asList(text.strip().split("\n\n", -1));
    }
}
