package dev.varve.query.leaf;

import static dev.varve.query.leaf.Fixture.BIGINT;
import static dev.varve.query.leaf.Fixture.column;
import static dev.varve.query.leaf.Fixture.own;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.query.plan.LeafInput;
import dev.varve.query.plan.LeafScan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeafSqlTest {
    private static final Dataset GROWN =
            Fixture.dataset(List.of(), own("a", ColumnType.LONG), own("added", ColumnType.LONG));

    @TempDir
    Path folder;

    private Fixture fixture;

    @BeforeEach
    void open() {
        fixture = new Fixture(folder);
    }

    @AfterEach
    void everythingIsReleased() {
        fixture.close();
    }

    @Test
    void filesAndBatchesFromBeforeAColumnWasAddedHaveNullThere() throws Exception {
        fixture.write("old", "SELECT make_timestamp(0) AS time, i AS a FROM range(10) t(i)");
        fixture.write("new", "SELECT make_timestamp(0) AS time, i AS a, i AS added FROM range(5) t(i)");
        LeafScan leaf = Fixture.leaf(GROWN, List.of("a", "added"), List.of(), null);
        try (VectorSchemaRoot live = VectorSchemaRoot.create(
                new Schema(GROWN.schema().all().stream()
                        .filter(c -> !c.name().equals("added"))
                        .map(ColumnTypes::field)
                        .toList()),
                fixture.memory)) {
            live.getFieldVectors().forEach(FieldVector::allocateNew);
            ((TimeStampMicroVector) live.getVector("time")).setSafe(0, 1);
            ((BigIntVector) live.getVector("a")).setSafe(0, 100);
            live.setRowCount(1);
            assertThat(fixture.rows(
                            Fixture.plan(
                                    List.of(leaf),
                                    "SELECT count(*) AS n, count(added) AS k, sum(a) AS s FROM leaf_0",
                                    column("n", BIGINT),
                                    column("k", BIGINT),
                                    column("s", BIGINT)),
                            new LeafInput(
                                    leaf,
                                    Fixture.plain(Fixture.file("old", 1), Fixture.file("new", 2)),
                                    List.of(live))))
                    .containsExactly(List.of("16", "5", "155"));
        }
    }

    @Test
    void aLeafThatIsReadTwiceIsReadOnce() throws Exception {
        fixture.write("f", "SELECT make_timestamp(0) AS time, i AS a, i AS added FROM range(10) t(i)");
        LeafScan leaf = Fixture.leaf(GROWN, List.of("a"), List.of(), null);
        try (VectorSchemaRoot live = VectorSchemaRoot.create(
                new Schema(GROWN.schema().all().stream().map(ColumnTypes::field).toList()), fixture.memory)) {
            live.getFieldVectors().forEach(FieldVector::allocateNew);
            ((BigIntVector) live.getVector("a")).setSafe(0, 3);
            live.setRowCount(1);
            assertThat(fixture.rows(
                            Fixture.plan(
                                    List.of(leaf),
                                    "SELECT count(*) AS n FROM leaf_0 AS x JOIN leaf_0 AS y ON x.a = y.a",
                                    column("n", BIGINT)),
                            new LeafInput(leaf, Fixture.plain(Fixture.file("f", 1)), List.of(live))))
                    .containsExactly(List.of("13"));
        }
    }

    @Test
    void errorsOverLiveRowsKeepTheirSentence() {
        LeafScan leaf = Fixture.leaf(GROWN, List.of("a"), List.of(), null);
        try (VectorSchemaRoot live = VectorSchemaRoot.create(
                new Schema(GROWN.schema().all().stream().map(ColumnTypes::field).toList()), fixture.memory)) {
            live.getFieldVectors().forEach(FieldVector::allocateNew);
            ((BigIntVector) live.getVector("a")).setSafe(0, 0);
            live.setRowCount(1);
            assertThatThrownBy(() -> fixture.rows(
                            Fixture.plan(List.of(leaf), "SELECT 1 // a AS n FROM leaf_0", column("n", BIGINT)),
                            new LeafInput(leaf, Fixture.plain(), List.of(live))))
                    .isInstanceOf(VarveException.class)
                    .hasMessageContaining("Division by zero");
        }
    }

    @Test
    void nothingToReadIsAnEmptyRelation() {
        LeafScan leaf = Fixture.leaf(GROWN, List.of("a", "added"), List.of("time"), "\"time\" > now()");
        assertThat(fixture.rows(
                        Fixture.plan(
                                List.of(leaf),
                                "SELECT count(*) AS n, sum(a) AS s FROM leaf_0",
                                column("n", BIGINT),
                                column("s", BIGINT)),
                        new LeafInput(leaf, Fixture.plain(), List.of())))
                .containsExactly(List.of("0", "null"));
    }

    @Test
    void strangePathsAreTakenLiterally() throws Exception {
        Path strange = Files.createDirectories(folder.resolve("it's [odd] *"));
        fixture.write("f", "SELECT 1::BIGINT AS a");
        Files.move(folder.resolve("f"), strange.resolve("f?.parquet"));
        LeafScan leaf = Fixture.leaf(GROWN, List.of("a"), List.of(), null);
        DataFile file = Fixture.file(strange.getFileName() + "/f?.parquet", 1);
        assertThat(fixture.rows(
                        Fixture.plan(List.of(leaf), "SELECT a FROM leaf_0", column("a", BIGINT)),
                        new LeafInput(leaf, Fixture.plain(file), List.of())))
                .containsExactly(List.of("1"));
    }

    @Test
    void aFileThatIsGoneIsAStorageError() {
        LeafScan leaf = Fixture.leaf(GROWN, List.of("time"), List.of(), null);
        assertThatThrownBy(() -> fixture.rows(
                        Fixture.plan(List.of(leaf), "SELECT count(*) AS n FROM leaf_0", column("n", BIGINT)),
                        new LeafInput(leaf, Fixture.plain(Fixture.file("gone", 1)), List.of())))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE));
    }

    @Test
    void aBrokenFileIsAStorageError() throws Exception {
        Files.writeString(folder.resolve("broken"), "PAR1 this is no parquet file PAR1");
        LeafScan leaf = Fixture.leaf(GROWN, List.of("time"), List.of(), null);
        assertThatThrownBy(() -> fixture.rows(
                        Fixture.plan(List.of(leaf), "SELECT count(*) AS n FROM leaf_0", column("n", BIGINT)),
                        new LeafInput(leaf, Fixture.plain(Fixture.file("broken", 1)), List.of())))
                .isInstanceOfSatisfying(
                        VarveException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORAGE));
    }
}
