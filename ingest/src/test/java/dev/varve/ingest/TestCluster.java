package dev.varve.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.blobstore.SharedLog;
import dev.varve.catalog.CatalogConfig;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.IcebergCatalog;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.TestLake.Row;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Several nodes with ingest over shared logs and one store; closing it checks that no memory is left. */
final class TestCluster implements AutoCloseable {
    static final DatasetName AIR = TestLake.AIR;

    final ObjectBlobStore blobs;
    final List<Node> nodes = new ArrayList<>();
    private final int shards;
    private final IngestConfig config;
    private final ClusterLogs logs;
    /** What happens at a step of a flush, by the node's name. */
    volatile BiConsumer<String, String> faults = (node, step) -> {};

    /** A stored row and what decides which version of it holds: the run of its file, live rows being the newest. */
    record Found(Row row, long run, int order) {}

    TestCluster(Path directory, int count, int shards, IngestConfig config, ClusterLogs logs) {
        this.blobs = ObjectBlobStore.openLocal(directory);
        this.shards = shards;
        this.config = config;
        this.logs = logs;
        for (int i = 0; i < count; i++) {
            nodes.add(new Node("node" + i));
        }
    }

    /** One process. */
    final class Node {
        final String name;
        BufferAllocator memory = new RootAllocator();
        IcebergCatalog catalog;
        Ingest ingest;
        private ClusterLogs.Node own;

        Node(String name) {
            this.name = name;
            own = logs.node(name);
            catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT.shared(), InstantSource.system());
            ingest = open();
        }

        private Ingest open() {
            List<SharedLog> opened = new ArrayList<>();
            for (int shard = 0; shard < shards; shard++) {
                opened.add(own.open("ingest/" + shard, 32 + shard));
            }
            return Ingest.openShared(
                    config, opened, catalog, blobs, memory, InstantSource.system(), step -> faults.accept(name, step));
        }

        private void stop() {
            ingest.close();
            own.close();
            memory.close();
        }

        void restart() {
            stop();
            memory = new RootAllocator();
            own = logs.node(name);
            catalog = IcebergCatalog.open(blobs, CatalogConfig.DEFAULT.shared(), InstantSource.system());
            ingest = open();
        }

        Ack append(List<Row> rows, @Nullable String key) {
            try (VectorSchemaRoot batch = TestLake.batch(rows, memory)) {
                return ingest.append(AIR, batch, key, OnError.REJECT_ROW).join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof VarveException known ? known : e;
            }
        }

        /** Sends until it is known that the rows are there. */
        Ack appendUntilDone(List<Row> rows, String key) {
            while (true) {
                try {
                    return append(rows, key);
                } catch (VarveException e) {
                    assertThat(e.code()).isIn(ErrorCode.NOT_READY, ErrorCode.UNKNOWN_OUTCOME);
                }
            }
        }

        /** As soon as there is somebody to ask for the newest rows. */
        private LiveView view() {
            while (true) {
                try {
                    return ingest.view(AIR);
                } catch (VarveException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.NOT_READY);
                    LockSupport.parkNanos(10_000_000);
                }
            }
        }

        void flush() {
            view().close();
            ingest.flush(AIR);
        }

        /** Every stored row a query would see here, before versions are merged. */
        List<Found> rows() {
            try (LiveView view = view()) {
                List<Found> rows = fileRows(view.snapshot());
                int order = 0;
                for (Row row : TestLake.liveRows(view)) {
                    rows.add(new Found(row, Long.MAX_VALUE, order++));
                }
                return rows;
            }
        }
    }

    private List<Found> fileRows(Snapshot snapshot) {
        List<Found> rows = new ArrayList<>();
        if (snapshot.files().isEmpty()) {
            return rows;
        }
        Map<String, Long> runs = new HashMap<>();
        for (DataFile file : snapshot.files()) {
            runs.put(blobs.localPath(file.blob()).toString(), file.run());
        }
        String files = "['" + String.join("', '", runs.keySet()) + "']";
        TestLake.query(
                "SELECT station, epoch_us(time), lat, lon, value, version, filename FROM read_parquet(" + files
                        + ", union_by_name = true, filename = true)",
                result -> {
                    Object lat = result.getObject(3);
                    Object lon = result.getObject(4);
                    Object value = result.getObject(5);
                    Row row = new Row(
                            result.getString(1),
                            result.getLong(2),
                            (Double) lat,
                            (Double) lon,
                            (Double) value,
                            result.getLong(6));
                    rows.add(new Found(row, runs.getOrDefault(result.getString(7), -1L), 0));
                });
        return rows;
    }

    @Override
    public void close() {
        nodes.forEach(Node::stop);
        blobs.close();
    }
}
