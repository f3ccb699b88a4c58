package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the statements of the resource files over files and live rows; those of the first file also in a plain DuckDB. */
@NullUnmarked
class StatementsTest {
    @TempDir
    private static Path directory;

    private static TestLake lake;

    @BeforeAll
    static void fill() throws SQLException {
        lake = SampleLake.in(directory);
    }

    @AfterAll
    static void close() {
        assertThat(lake.openViews()).isZero();
        assertThat(lake.engine().running()).isEmpty();
        lake.close();
    }

    static List<String> statements() throws IOException {
        return read("statements.sql");
    }

    static List<String> ownStatements() throws IOException {
        return read("statements-own.sql");
    }

    private static List<String> read(String resource) throws IOException {
        try (InputStream in = StatementsTest.class.getResourceAsStream(resource)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Arrays.stream(text.substring(text.indexOf('\n')).split(";\\s*\n"))
                    .map(String::strip)
                    .filter(sql -> !sql.isEmpty())
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("statements")
    void answersAsDuckDbDoes(String sql) throws SQLException {
        equalsOracle(sql, Set.of());
    }

    /** As it will be when a leaf's parts are computed in several places. */
    @ParameterizedTest
    @MethodSource("aggregates")
    void answersTheSameWhenPartialAggregatesAreMerged(String sql) throws SQLException {
        equalsOracle(sql, Set.of("one-part-leaves"));
    }

    static List<String> aggregates() throws IOException {
        return statements().stream()
                .filter(sql -> sql.toLowerCase(Locale.ROOT).contains("group by"))
                .toList();
    }

    private static void equalsOracle(String sql, Set<String> disabledRules) throws SQLException {
        QueryRequest request =
                new QueryRequest(sql, Params.NONE, Duration.ofSeconds(60), Long.MAX_VALUE, "statement", disabledRules);
        List<String> answer = lake.ask(request).lines();
        List<String> expected = lake.oracle(sql).lines();
        if (sql.toLowerCase(Locale.ROOT).contains("order by")) {
            assertThat(answer).isEqualTo(expected);
        } else {
            assertThat(answer).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("ownStatements")
    void runs(String sql) {
        TestLake.Answer answer = lake.ask(sql);
        assertThat(answer.columns()).isNotEmpty().doesNotHaveDuplicates();
    }
}
