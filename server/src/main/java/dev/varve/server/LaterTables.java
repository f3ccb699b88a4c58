package dev.varve.server;

import dev.varve.catalog.Dataset;
import dev.varve.query.Tables;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Tables that are there before the first query, though not yet when the engine is opened. */
record LaterTables(CompletableFuture<Tables> tables) implements Tables {
    @Override
    public List<Dataset> datasets() {
        return tables.join().datasets();
    }

    @Override
    public View open(Dataset dataset) {
        return tables.join().open(dataset);
    }

    @Override
    public Path localPath(String blob) {
        return tables.join().localPath(blob);
    }
}
