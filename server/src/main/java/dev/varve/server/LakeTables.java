package dev.varve.server;

import dev.varve.blobstore.BlobStore;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.ingest.Ingest;
import dev.varve.ingest.LiveView;
import dev.varve.query.Tables;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/** What queries read: the catalog's files and the rows that ingest holds. */
record LakeTables(Catalog catalog, Ingest ingest, BlobStore blobs) implements Tables {
    @Override
    public List<Dataset> datasets() {
        return catalog.list();
    }

    @Override
    public View open(Dataset dataset) {
        return new LakeView(ingest.view(dataset.name()));
    }

    @Override
    public Path localPath(String blob) {
        return blobs.localPath(blob);
    }

    private record LakeView(LiveView view) implements View {
        @Override
        public Snapshot snapshot() {
            return view.snapshot();
        }

        @Override
        public List<VectorSchemaRoot> live() {
            return view.batches();
        }

        @Override
        public void close() {
            view.close();
        }
    }
}
