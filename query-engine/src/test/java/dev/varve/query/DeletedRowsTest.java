package dev.varve.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that are marked as deleted, in files and live. */
@NullUnmarked
class DeletedRowsTest {
    @TempDir
    private Path directory;

    private static Map<String, Object> row(int hour, String name, Boolean deleted) {
        Map<String, Object> row = new HashMap<>();
        row.put("time", LocalDateTime.of(2020, 1, 1, hour, 0));
        row.put("lat", deleted == null ? 1.0 : null);
        row.put("lon", deleted == null ? 1.0 : null);
        row.put("name", name);
        row.put(Schema.DELETED.name(), deleted);
        return row;
    }

    private static long one(TestLake lake, String sql) {
        return Long.parseLong(lake.ask(sql).rows().getFirst().getFirst());
    }

    @Test
    void areSeenOnlyByQueriesThatNameTheColumn() throws SQLException {
        List<Column> columns = List.of(new Column("name", ColumnType.STRING), Schema.DELETED);
        try (TestLake lake = new TestLake(directory)) {
            List<List<Map<String, Object>>> groups = List.of(
                    List.of(row(1, "a", null), row(2, "b", null), row(3, "c", null)),
                    List.of(row(1, "a", true), row(2, "b", true)),
                    List.of(row(2, "b", null), row(4, "d", true), row(5, "e", false)));
            lake.add("keyed", new Schema(columns, List.of("name"), 9), groups);
            assertThat(one(lake, "SELECT count(*) FROM keyed")).isEqualTo(3);
            assertThat(one(lake, "SELECT count(*) FROM keyed WHERE name < 'c'")).isEqualTo(1);
            assertThat(one(lake, "SELECT count(*) FROM keyed WHERE ST_DWithin(ST_Point(lon, lat), ST_Point(1, 1), 10)"))
                    .isEqualTo(2);
            assertThat(one(lake, "SELECT count(*) FROM keyed a JOIN keyed b ON a.name = b.name"))
                    .isEqualTo(3);
            assertThat(one(lake, "SELECT count(*) FROM keyed WHERE _deleted")).isEqualTo(2);
            assertThat(one(lake, "SELECT count(_deleted) + count(*) FROM keyed"))
                    .isEqualTo(8);
            lake.add("plain", new Schema(columns, List.of(), 9), groups);
            assertThat(one(lake, "SELECT count(*) FROM plain")).isEqualTo(8);
        }
    }
}
