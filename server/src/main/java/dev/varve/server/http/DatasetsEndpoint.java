package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.DataFile;
import dev.varve.catalog.Dataset;
import dev.varve.catalog.Snapshot;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.RowStore;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Datasets: made, listed, described, widened, flushed, dropped. */
final class DatasetsEndpoint {
    private static final List<String> CONTENT_TYPES = List.of("application/json");

    private final Catalog catalog;
    private final RowStore rows;

    DatasetsEndpoint(Catalog catalog, RowStore rows) {
        this.catalog = catalog;
        this.rows = rows;
    }

    void list(Call call) {
        call.parameters().end();
        ObjectNode json = Json.object();
        ArrayNode datasets = json.putArray("datasets");
        for (Dataset dataset : catalog.list()) {
            addContent(datasets.addObject().put("name", dataset.name().value()), dataset);
        }
        call.json(200, json);
    }

    void create(Call call) throws IOException {
        call.parameters().end();
        requireJson(call);
        Definition definition = Definition.ofJson(call.smallBody());
        Dataset dataset = catalog.create(definition.name(), definition.schema(), definition.grain());
        call.header("Location", "/api/v1/datasets/" + dataset.name());
        call.json(201, description(dataset));
    }

    void describe(Call call) {
        call.parameters().end();
        call.json(200, description(dataset(call)));
    }

    void addColumns(Call call) throws IOException {
        call.parameters().end();
        requireJson(call);
        Dataset dataset = dataset(call);
        call.json(200, description(catalog.addColumns(dataset.name(), Definition.addedColumns(call.smallBody()))));
    }

    void flush(Call call) {
        call.parameters().end();
        Dataset dataset = dataset(call);
        rows.flush(dataset.name());
        call.json(200, description(dataset));
    }

    void drop(Call call) {
        call.parameters().end();
        catalog.drop(dataset(call).name());
        call.empty(204);
    }

    private static void requireJson(Call call) {
        if (!call.contentType().equals("application/json")) {
            throw new Refusal(415, Call.unknownContentType(call.contentType(), CONTENT_TYPES));
        }
    }

    private Dataset dataset(Call call) {
        return find(catalog, call.pathValue());
    }

    /** The dataset of that name, or an error that says which one may have been meant. */
    static Dataset find(Catalog catalog, String name) {
        VarveException missing =
                new VarveException(ErrorCode.DATASET_NOT_FOUND, "there is no dataset '" + Call.shortened(name) + "'");
        List<String> known =
                catalog.list().stream().map(dataset -> dataset.name().value()).toList();
        if (!known.contains(name)) {
            throw known.isEmpty()
                    ? missing.withHint("there are none yet; POST /api/v1/datasets makes one")
                    : NearestName.of(name, known)
                            .map(nearest -> missing.withHint("did you mean '" + nearest + "'?"))
                            .orElse(missing.withHint("GET /api/v1/datasets lists those there are"));
        }
        return catalog.find(new DatasetName(name)).orElseThrow(() -> missing);
    }

    private ObjectNode description(Dataset dataset) {
        Snapshot snapshot = catalog.snapshot(dataset.name());
        ObjectNode json =
                new Definition(dataset.name(), snapshot.schema(), snapshot.grain()).json(Definition.Detail.ALL_COLUMNS);
        addContent(json, dataset);
        return json.put("snapshotId", snapshot.id()).put("logPosition", snapshot.logPosition());
    }

    private void addContent(ObjectNode json, Dataset dataset) {
        Snapshot snapshot = catalog.snapshot(dataset.name());
        RowStore.Live live = rows.live(dataset.name());
        long first = live.firstMicros();
        long last = live.lastMicros();
        for (DataFile file : snapshot.files()) {
            first = Math.min(first, file.firstMicros());
            last = Math.max(last, file.lastMicros());
        }
        json.put("rows", snapshot.rows() + live.rows())
                .put("unflushedRows", live.rows())
                .put("files", snapshot.files().size())
                .put("bytes", snapshot.bytes())
                .put("timeMin", first > last ? null : instant(first))
                .put("timeMax", first > last ? null : instant(last));
    }

    private static @Nullable String instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    }
}
