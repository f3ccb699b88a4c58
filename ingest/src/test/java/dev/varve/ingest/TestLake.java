package dev.varve.ingest;

import dev.varve.blobstore.CommitLogConfig;
import dev.varve.blobstore.LocalCommitLog;
import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.catalog.Snapshot;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.Schema;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** A lake in a directory, with everything real; closing it checks that no memory is left. */
final class TestLake implements AutoCloseable {
    static final DatasetName AIR = new DatasetName("air");
    static final Schema KEYED = schema(List.of("station"));
    static final Schema UNKEYED = schema(List.of());

    final BufferAllocator memory = new RootAllocator();
    final LocalCommitLog log;
    final ObjectBlobStore blobs;
    final IcebergCatalog catalog;
    final Ingest ingest;
    private boolean closed;

    /** A row as tests think of it; {@code version} is -1 while it is not known. */
    record Row(
            @Nullable String station,
            long micros,
            @Nullable Double lat,
            @Nullable Double lon,
            @Nullable Double value,
            long version) {
        Row withVersion(long position) {
            return new Row(station, micros, lat, lon, value, position);
        }

        Row withoutVersion() {
            return withVersion(-1);
        }
    }

    static Schema schema(List<String> key) {
        return new Schema(
                List.of(new Column("station", ColumnType.STRING), new Column("value", ColumnType.DOUBLE)), key, 9);
    }

    TestLake(Path directory, IngestConfig config) {
        this(directory, config, InstantSource.system(), Flusher.FaultPoint.NONE);
    }

    TestLake(Path directory, IngestConfig config, InstantSource clock, Flusher.FaultPoint faults) {
        log = LocalCommitLog.open(directory.resolve("log"), CommitLogConfig.DEFAULT);
        blobs = ObjectBlobStore.openLocal(directory.resolve("blobs"));
        catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT, clock);
        ingest = Ingest.open(config, log, catalog, blobs, memory, clock, faults);
    }

    VectorSchemaRoot batch(List<Row> rows) {
        return batch(rows, memory);
    }

    static VectorSchemaRoot batch(List<Row> rows, BufferAllocator memory) {
        VectorSchemaRoot batch = VectorSchemaRoot.create(
                StoredFields.of(List.of(
                        Schema.TIME,
                        Schema.LAT,
                        Schema.LON,
                        new Column("station", ColumnType.STRING),
                        new Column("value", ColumnType.DOUBLE))),
                memory);
        batch.allocateNew();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            ((TimeStampMicroVector) batch.getVector(0)).setSafe(i, row.micros());
            if (row.lat() != null) {
                ((Float8Vector) batch.getVector(1)).setSafe(i, row.lat());
            }
            if (row.lon() != null) {
                ((Float8Vector) batch.getVector(2)).setSafe(i, row.lon());
            }
            if (row.station() != null) {
                ((VarCharVector) batch.getVector(3))
                        .setSafe(i, row.station().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
            if (row.value() != null) {
                ((Float8Vector) batch.getVector(4)).setSafe(i, row.value());
            }
        }
        batch.setRowCount(rows.size());
        return batch;
    }

    Ack append(List<Row> rows, @Nullable String key) {
        try (VectorSchemaRoot batch = batch(rows)) {
            return ingest.append(AIR, batch, key, OnError.REJECT_ROW).join();
        }
    }

    /** Every stored row a query would see, before versions are merged. */
    List<Row> rows() {
        try (LiveView view = ingest.view(AIR)) {
            List<Row> rows = fileRows(view.snapshot());
            rows.addAll(liveRows(view));
            return rows;
        }
    }

    static List<Row> sorted(List<Row> rows) {
        return rows.stream().sorted(Comparator.comparing(Row::toString)).toList();
    }

    static List<Row> liveRows(LiveView view) {
        List<Row> rows = new ArrayList<>();
        for (VectorSchemaRoot batch : view.batches()) {
            TimeStampMicroVector time = (TimeStampMicroVector) batch.getVector("time");
            Float8Vector lat = (Float8Vector) batch.getVector("lat");
            Float8Vector lon = (Float8Vector) batch.getVector("lon");
            VarCharVector station = (VarCharVector) batch.getVector("station");
            Float8Vector value = (Float8Vector) batch.getVector("value");
            BigIntVector version = (BigIntVector) batch.getVector("version");
            for (int i = 0; i < batch.getRowCount(); i++) {
                rows.add(new Row(
                        station.isNull(i) ? null : String.valueOf(station.getObject(i)),
                        time.get(i),
                        lat.getObject(i),
                        lon.getObject(i),
                        value.getObject(i),
                        version.get(i)));
            }
        }
        return rows;
    }

    List<Row> fileRows(Snapshot snapshot) {
        List<Row> rows = new ArrayList<>();
        if (snapshot.files().isEmpty()) {
            return rows;
        }
        query("SELECT station, epoch_us(time), lat, lon, value, version FROM " + scan(snapshot), result -> {
            Object lat = result.getObject(3);
            Object lon = result.getObject(4);
            Object value = result.getObject(5);
            rows.add(new Row(
                    result.getString(1),
                    result.getLong(2),
                    (Double) lat,
                    (Double) lon,
                    (Double) value,
                    result.getLong(6)));
        });
        return rows;
    }

    String scan(Snapshot snapshot) {
        return "read_parquet(["
                + String.join(
                        ", ",
                        snapshot.files().stream()
                                .map(DataFile::blob)
                                .map(blob -> "'" + blobs.localPath(blob) + "'")
                                .toList())
                + "], union_by_name = true)";
    }

    /** What to do with each row of a result. */
    interface Each {
        void row(ResultSet result) throws SQLException;
    }

    static void query(String sql, Each each) {
        try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckdb.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                each.row(result);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Stops as a crash would, but for memory. */
    void crash() {
        ingest.close(Ingest.AtClose.LEAVE);
        closeRest();
    }

    @Override
    public void close() {
        if (!closed) {
            ingest.close();
            closeRest();
        }
    }

    private void closeRest() {
        closed = true;
        catalog.close();
        blobs.close();
        log.close();
        memory.close();
    }
}
