package dev.varve.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class VarveTest {
    private FakeNode node;

    @BeforeEach
    void start() throws Exception {
        node = new FakeNode();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void listsAndDescribesDatasets() {
        try (Varve varve = Varve.connect(node.url(""))) {
            assertThat(varve.datasets()).containsExactly(new DatasetSummary("air", 7, 3, 2, 99, null, null));
            DatasetDescription air = varve.describe("air");
            assertThat(air.columns()).hasSize(12);
            assertThat(air.columns().get(5)).isEqualTo(new ColumnSpec("temp", "double", "Cel"));
            assertThatThrownBy(() -> varve.describe("aire")).isInstanceOfSatisfying(VarveClientException.class, e -> {
                assertThat(e.code()).isEqualTo("DATASET_NOT_FOUND");
                assertThat(e.status()).isEqualTo(404);
                assertThat(e.hint()).contains("'air'");
            });
        }
    }

    @Test
    void triesTheHostsInTurn() throws Exception {
        try (FakeNode second = new FakeNode()) {
            int dead = node.port();
            node.close();
            try (Varve varve = Varve.connect("varve://127.0.0.1:" + dead + ",127.0.0.1:" + second.port());
                    RowWriter w = varve.writer("air")) {
                w.time(1).add();
            }
            assertThat(second.rows()).hasSize(1);
        }
    }

    @Test
    void anUnreachableNodeSaysWhoAndWhatToDo() {
        node.close();
        try (Varve varve = Varve.connect(node.url("retryTimeout=0ms"))) {
            assertThatThrownBy(varve::datasets).isInstanceOfSatisfying(VarveClientException.class, e -> {
                assertThat(e.code()).isEqualTo("UNREACHABLE");
                assertThat(e).hasMessageContaining("127.0.0.1:" + node.port());
                assertThat(e.hint()).contains("varve server");
            });
        }
    }

    @Test
    void readsAResultByRowsAndByBatches() throws Exception {
        node.sqlAnswer = arrow();
        try (Varve varve = Varve.connect(node.url(""))) {
            try (QueryResult result = varve.sql("select 1")) {
                assertThat(result.nextRow()).isTrue();
                assertThat(result.getLong(result.column("n"))).isEqualTo(1);
                assertThat(result.getString(1)).isEqualTo("eins");
                assertThat(result.getInstant(2)).isEqualTo(Instant.parse("1969-12-31T23:59:59.999999Z"));
                assertThat(result.getLong(2)).isEqualTo(-1);
                assertThat(result.nextRow()).isTrue();
                assertThat(result.isNull(1)).isTrue();
                assertThat(result.getString(1)).isNull();
                assertThat(result.getDouble(0)).isEqualTo(2);
                assertThat(result.nextRow()).isTrue();
                assertThat(result.nextRow()).isTrue();
                assertThat(result.nextRow()).isFalse();
                assertThat(result.nextRow()).isFalse();
            }
            try (QueryResult result = varve.sql("select 1")) {
                int rows = 0;
                while (result.next()) {
                    rows += result.batch().getRowCount();
                }
                assertThat(rows).isEqualTo(4);
            }
        }
        assertThat(node.cancelled).isEmpty();
    }

    @Test
    void aResultCutAnywhereIsAnError() throws Exception {
        byte[] whole = arrow();
        node.sqlAnswer = whole;
        try (Varve varve = Varve.connect(node.url("retryTimeout=0ms"))) {
            for (int cut = 0; cut <= whole.length; cut += 32) {
                node.sqlCut = cut;
                assertThatThrownBy(() -> readAll(varve))
                        .isInstanceOfSatisfying(
                                VarveClientException.class,
                                e -> assertThat(e.code()).isEqualTo("STREAM_BROKEN"));
            }
        }
    }

    @Test
    void aResultWithoutItsEndMarkerIsAnError() throws Exception {
        byte[] whole = arrow();
        node.sqlAnswer = Arrays.copyOf(whole, whole.length - 8);
        try (Varve varve = Varve.connect(node.url(""))) {
            assertThatThrownBy(() -> readAll(varve)).hasMessageContaining("end marker");
        }
    }

    private static void readAll(Varve varve) {
        try (QueryResult result = varve.sql("select 1")) {
            while (result.next()) {
                assertThat(result.batch().getRowCount()).isPositive();
            }
        }
    }

    @Test
    void closingAResultEarlyCancelsTheQuery() throws Exception {
        node.sqlAnswer = arrow();
        Statement statement = Statement.of("select 1");
        try (Varve varve = Varve.connect(node.url(""));
                QueryResult result = varve.sql(statement)) {
            assertThat(result.next()).isTrue();
        }
        assertThat(node.cancelled).containsExactly(statement.id());
    }

    @Test
    void anErrorKeepsItsPlaceInTheSql() {
        node.sqlStatus = 400;
        node.sqlAnswer = ("{\"code\": \"SQL_INVALID\", \"status\": 400, \"detail\": \"column 'tmx' not found\","
                        + " \"position\": {\"line\": 1, \"column\": 8}, \"hint\": \"did you mean 'tmax'?\"}")
                .getBytes(StandardCharsets.UTF_8);
        try (Varve varve = Varve.connect(node.url(""))) {
            assertThatThrownBy(() -> varve.sql("select tmx from a"))
                    .isInstanceOfSatisfying(VarveClientException.class, e -> {
                        assertThat(e.position()).isEqualTo(new VarveClientException.Position(1, 8));
                        assertThat(e.code()).isEqualTo("SQL_INVALID");
                    });
        }
        assertThat(node.requests).hasValue(1);
    }

    @Test
    void parametersTravelByPositionOrName() throws Exception {
        node.sqlAnswer = arrow();
        try (Varve varve = Varve.connect(node.url(""))) {
            varve.sql("select ?", "a", 1L, 2.5, true, Instant.EPOCH, null).close();
            varve.sql(Statement.of("select :x").params(Map.of("x", 3)).limit(5).timeout(Duration.ofSeconds(2)))
                    .close();
        }
        assertThat(node.queries.get(0)).contains("[\"a\",1,2.5,true,\"1970-01-01T00:00:00Z\",null]");
        assertThat(node.queries.get(1))
                .contains("\"params\":{\"x\":3}")
                .contains("\"timeout\":\"2000ms\"")
                .contains("\"limit\":5");
    }

    @Test
    void arrowBatchesAreCopiedAndAcknowledged() {
        try (RootAllocator memory = new RootAllocator();
                VectorSchemaRoot batch = batch(memory, 3);
                Varve varve = Varve.connect(node.url(""));
                ArrowWriter w = varve.arrowWriter("air", "me")) {
            List<Future<LoadReport>> settled = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                settled.add(w.append(batch));
            }
            assertThat(w.flush().join()).isEqualTo(new Ack(15, 0, 0, 5));
            assertThat(settled).allMatch(Future::isDone);
        }
        assertThat(node.rowsByKey.keySet()).containsExactly("me-0", "me-1", "me-2", "me-3", "me-4");
    }

    @Test
    void bodiesAndFilesGoWithTheirParameters(@TempDir Path folder) throws Exception {
        byte[] bytes = arrow();
        Path file = Files.write(folder.resolve("rows.arrow"), bytes);
        try (Varve varve = Varve.connect(node.url(""))) {
            Loader loader = varve.loader("air", Map.of("missing", "-99,M M"));
            LoadReport report = loader.send(ArrowBody.CONTENT_TYPE, "k1", bytes, bytes.length, 0)
                    .join();
            assertThat(report.accepted()).isEqualTo(4);
            assertThat(loader.send(ArrowBody.CONTENT_TYPE, "k1", file).join().duplicate())
                    .isTrue();
        }
        assertThat(node.queries).containsOnly("onError=reject-row&missing=-99%2CM+M");
    }

    @Test
    void aStreamGivesTheBytesOfAnyFormat() throws Exception {
        node.sqlAnswer = "a,b\r\n1,2\r\n".getBytes(StandardCharsets.UTF_8);
        try (Varve varve = Varve.connect(node.url(""));
                QueryStream stream = varve.stream(Statement.of("select 1"), "csv")) {
            assertThat(stream.body().readAllBytes()).isEqualTo(node.sqlAnswer);
        }
        assertThat(node.cancelled).isEmpty();
    }

    /** Two batches of two rows: n, name, at. */
    private static byte[] arrow() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (RootAllocator memory = new RootAllocator();
                BigIntVector n = new BigIntVector("n", memory);
                VarCharVector name = new VarCharVector("name", memory);
                TimeStampMicroTZVector at = new TimeStampMicroTZVector("at", memory, "UTC");
                VectorSchemaRoot root = new VectorSchemaRoot(List.of(n, name, at));
                ArrowStreamWriter writer = new ArrowStreamWriter(root, null, Channels.newChannel(bytes))) {
            n.setSafe(0, 1);
            n.setSafe(1, 2);
            name.setSafe(0, "eins".getBytes(StandardCharsets.UTF_8));
            at.setSafe(0, -1);
            root.setRowCount(2);
            writer.start();
            writer.writeBatch();
            writer.writeBatch();
            writer.end();
        }
        return bytes.toByteArray();
    }

    private static VectorSchemaRoot batch(RootAllocator memory, int rows) {
        TimeStampMicroVector time = new TimeStampMicroVector("time", memory);
        for (int i = 0; i < rows; i++) {
            time.setSafe(i, i);
        }
        VectorSchemaRoot root = new VectorSchemaRoot(List.of(time));
        root.setRowCount(rows);
        return root;
    }
}
