package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.DataFile;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers are the same when other nodes compute parts of them, however these nodes behave. */
@NullUnmarked
class SpreadTest {
    private static final String COUNTS =
            "SELECT station, count(*) AS n, avg(tmax) AS warm FROM weather GROUP BY station ORDER BY station";

    @TempDir
    private static Path directory;

    private static TestLake lake;
    private static QueryEngine other;
    private static final AtomicInteger ASKED = new AtomicInteger();

    @BeforeAll
    static void fill() throws SQLException {
        lake = SampleLake.in(directory);
        other = lake.open(Fragments.NONE);
    }

    @AfterAll
    static void close() {
        other.close();
        assertThat(lake.openViews()).isZero();
        lake.close();
    }

    private interface Behaviour {
        CompletableFuture<ByteBuffer> answer(String node, ByteBuffer request);
    }

    private static CompletableFuture<ByteBuffer> compute(ByteBuffer request) {
        return CompletableFuture.supplyAsync(() -> other.compute(Fragment.decode(request)));
    }

    /** Gives every file but each third to one of two other nodes. */
    private record TwoOthers(Behaviour behaviour) implements Fragments {
        @Override
        public Map<String, List<DataFile>> elsewhere(List<DataFile> files) {
            Map<String, List<DataFile>> spread = new TreeMap<>();
            for (int i = 0; i < files.size(); i++) {
                if (i % 3 > 0) {
                    spread.computeIfAbsent("node-" + i % 3, node -> new ArrayList<>())
                            .add(files.get(i));
                }
            }
            return spread;
        }

        @Override
        public CompletableFuture<ByteBuffer> ask(String node, Fragment fragment) {
            ASKED.incrementAndGet();
            return behaviour.answer(node, fragment.encode());
        }
    }

    static List<String> aggregates() throws IOException {
        return StatementsTest.aggregates();
    }

    @ParameterizedTest
    @MethodSource("aggregates")
    void answersAsDuckDbDoes(String sql) throws SQLException {
        equalsOracle(sql, (node, request) -> compute(request));
    }

    @Test
    void partsAreAskedFor() throws SQLException {
        int before = ASKED.get();
        equalsOracle(COUNTS, (node, request) -> compute(request));
        assertThat(ASKED.get()).isGreaterThan(before);
    }

    @Test
    void aNodeThatFailsIsDoneWithout() throws SQLException {
        equalsOracle(
                COUNTS,
                (node, request) -> node.equals("node-1")
                        ? CompletableFuture.failedFuture(new VarveException(ErrorCode.UNKNOWN_OUTCOME, "it is gone"))
                        : compute(request));
    }

    @Test
    void aNodeThatIsSlowIsNotWaitedFor() throws SQLException {
        equalsOracle(COUNTS, (node, request) -> new CompletableFuture<>());
    }

    @Test
    void aNodeThatAnswersLateCountsOnce() throws SQLException {
        equalsOracle(
                COUNTS,
                (node, request) -> compute(request)
                        .thenApplyAsync(
                                answer -> answer, CompletableFuture.delayedExecutor(240, TimeUnit.MILLISECONDS)));
    }

    private static void equalsOracle(String sql, Behaviour behaviour) throws SQLException {
        QueryRequest request = new QueryRequest(sql, Params.NONE, Duration.ofSeconds(60), Long.MAX_VALUE, "statement");
        try (QueryEngine engine = lake.open(new TwoOthers(behaviour))) {
            List<String> answer = lake.ask(engine, request).lines();
            List<String> expected = lake.oracle(sql).lines();
            if (sql.toLowerCase(Locale.ROOT).contains("order by")) {
                assertThat(answer).isEqualTo(expected);
            } else {
                assertThat(answer).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }
}
