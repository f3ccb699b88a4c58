package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmUpTest {
    @TempDir
    Path folder;

    @Test
    void itsStatementsAreDifferentAndRunAndReadNoFile() throws Exception {
        try (TestLake lake = new TestLake(folder)) {
            Map<String, Object> row = Map.of("time", LocalDateTime.of(2020, 1, 1, 0, 0), "lat", 48.5, "lon", 8.5);
            lake.add(
                    "points",
                    new Schema(List.of(), List.of(), Schema.DEFAULT_H3_RESOLUTION),
                    List.of(List.of(row), List.of()));
            WarmUp warmUp = new WarmUp(lake.engine(), lake);
            Set<String> seen = new HashSet<>();
            for (int round = 0; round < 6; round++) {
                List<String> statements = warmUp.statements(round);
                assertThat(statements).hasSize(2);
                for (String sql : statements) {
                    assertThat(seen.add(sql)).as(sql).isTrue();
                    assertThat(lake.ask(sql).stats().filesRead()).as(sql).isZero();
                }
            }
        }
    }

    @Test
    void itLeavesNothingRunningAndEndsWithTheEngine() throws Exception {
        try (TestLake lake = new TestLake(folder)) {
            new WarmUp(lake.engine(), lake).run(() -> true);
            lake.engine().warmUp();
            assertThat(lake.engine().running()).isEmpty();
            assertThat(lake.openViews()).isZero();
        }
    }

    @Test
    void aClosedEngineRefusesAndIsNotWarmedUp() throws Exception {
        try (TestLake lake = new TestLake(folder)) {
            lake.engine().close();
            assertThatThrownBy(() -> lake.ask("select 1"))
                    .isInstanceOfSatisfying(
                            VarveException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_READY));
            new WarmUp(lake.engine(), lake).run(() -> false);
            assertThat(lake.engine().running()).isEmpty();
        }
    }
}
