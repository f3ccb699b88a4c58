package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every SQL block of {@code docs/sql.md}. */
@NullUnmarked
class SqlPageTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sql\\n(.*?)^```");

    @TempDir
    private static Path directory;

    private static TestLake lake;

    @BeforeAll
    static void fill() throws SQLException {
        lake = SampleLake.in(directory);
    }

    @AfterAll
    static void close() {
        lake.close();
    }

    static List<String> blocks() throws IOException {
        List<String> blocks = BLOCK.matcher(Files.readString(page()))
                .results()
                .map(block -> block.group(1).strip())
                .toList();
        assertThat(blocks).isNotEmpty();
        return blocks;
    }

    private static Path page() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/sql.md"))) {
            folder = folder.getParent();
            assertThat(folder).as("a folder above with docs/sql.md").isNotNull();
        }
        return folder.resolve("docs/sql.md");
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void runs(String sql) {
        assertThat(lake.ask(sql).columns()).isNotEmpty();
    }
}
