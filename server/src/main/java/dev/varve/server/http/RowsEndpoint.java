package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.catalog.Catalog;
import dev.varve.ingest.decode.BodyFormat;
import dev.varve.ingest.decode.MappedColumn;
import dev.varve.ingest.decode.Mapping;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.Problem;
import dev.varve.server.wire.RowStore;
import dev.varve.server.wire.Texts;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows in. */
final class RowsEndpoint {
    private final Catalog catalog;
    private final RowStore rows;
    private final HttpConfig config;
    private final Path scratch;

    RowsEndpoint(Catalog catalog, RowStore rows, HttpConfig config, Path scratch) {
        this.catalog = catalog;
        this.rows = rows;
        this.config = config;
        this.scratch = scratch;
    }

    /** What a new dataset gets that its rows do not tell. */
    private record Creation(
            List<String> key,
            @Nullable Integer h3Resolution,
            @Nullable TimeGrain grain) {}

    void post(Call call) throws IOException {
        String contentType = call.contentType();
        BodyFormat format = BodyFormat.byContentType(contentType)
                .orElseThrow(() -> new Refusal(
                        415,
                        Call.unknownContentType(
                                contentType,
                                Arrays.stream(BodyFormat.values())
                                        .map(BodyFormat::contentType)
                                        .toList())));
        Map<String, List<String>> all = new HashMap<>();
        call.exchange().getQueryParameters().forEach((name, values) -> all.put(name, new ArrayList<>(values)));
        Mapping mapping = Mapping.parse(all);
        Parameters parameters = call.parameters();
        boolean isDryRun = parameters.takeFlag("dryRun");
        boolean mayCreate = parameters.takeFlag("create");
        Creation creation = creation(parameters, mayCreate || isDryRun);
        DatasetName name = new DatasetName(call.pathValue());
        RowStore.Load load = new RowStore.Load(name, format, mapping, idempotencyKey(call), isAllOrNothing(parameters));
        if (!isDryRun && !mayCreate) {
            DatasetsEndpoint.find(catalog, name.value());
        }
        try (InputStream body = new BufferedInputStream(call.body(config.maxBodyBytes()), 64 * 1024)) {
            if (isDryRun) {
                call.json(200, dryRun(name, rows.infer(load, body), creation));
            } else if (mayCreate && catalog.find(name).isEmpty()) {
                createAndLoad(call, load, body, creation);
            } else {
                answer(call, load, rows.load(load, body));
            }
        }
    }

    private static @Nullable String idempotencyKey(Call call) {
        String key = call.requestHeader("Idempotency-Key");
        return key == null ? null : Texts.token("Idempotency-Key", key);
    }

    private static boolean isAllOrNothing(Parameters parameters) {
        String onError = parameters.take("onError");
        return switch (onError == null ? "reject-row" : onError) {
            case "reject-row" -> false;
            case "reject-batch" -> true;
            default ->
                throw new VarveException(
                        ErrorCode.BAD_REQUEST,
                        "parameter onError is '" + Call.shortened(String.valueOf(onError))
                                + "'; it must be reject-row or reject-batch");
        };
    }

    private static Creation creation(Parameters parameters, boolean isAsked) {
        String key = parameters.take("key");
        Long resolution = parameters.takeNumber("h3Resolution");
        String partition = parameters.take("partition");
        if (!isAsked && (key != null || resolution != null || partition != null)) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "key, h3Resolution and partition mean something for a new dataset only")
                    .withHint("add create=true");
        }
        return new Creation(
                key == null || key.isBlank()
                        ? List.of()
                        : Arrays.stream(key.split(",")).map(String::strip).toList(),
                resolution == null ? null : Definition.resolution(resolution),
                Definition.grain(partition));
    }

    private static Schema schema(RowStore.Inferred inferred, Creation creation) {
        Integer resolution = creation.h3Resolution();
        return new Schema(
                inferred.schema().columns(),
                creation.key().isEmpty() ? inferred.schema().key() : creation.key(),
                resolution == null ? inferred.schema().h3Resolution() : resolution);
    }

    /** The body is read twice, once to see its columns and once for its rows, so it waits in a file meanwhile. */
    private void createAndLoad(Call call, RowStore.Load load, InputStream body, Creation creation) throws IOException {
        Path file = Files.createTempFile(scratch, "rows-", ".body");
        try {
            Files.copy(body, file, StandardCopyOption.REPLACE_EXISTING);
            RowStore.Inferred inferred;
            try (InputStream first = new BufferedInputStream(Files.newInputStream(file), 64 * 1024)) {
                inferred = rows.infer(load, first);
            }
            createUnlessThere(load.dataset(), schema(inferred, creation), creation);
            RowStore.Load known = new RowStore.Load(
                    load.dataset(), load.format(), inferred.decoding(), load.idempotencyKey(), load.isAllOrNothing());
            try (InputStream second = new BufferedInputStream(Files.newInputStream(file), 64 * 1024)) {
                answer(call, known, rows.load(known, second));
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void createUnlessThere(DatasetName name, Schema schema, Creation creation) {
        try {
            catalog.create(name, schema, creation.grain());
        } catch (VarveException e) {
            // Another loader was faster; its dataset is the one to load into.
            if (e.code() != ErrorCode.DATASET_EXISTS) {
                throw e;
            }
        }
    }

    private void answer(Call call, RowStore.Load load, RowStore.Loaded loaded) {
        if (load.isAllOrNothing() && loaded.rejected() > 0) {
            VarveException refused = new VarveException(
                            ErrorCode.ROWS_REJECTED,
                            loaded.rejected() + " rows are bad and nothing was written, as reject-batch asks")
                    .withHint("correct the rows, or send onError=reject-row to keep the good ones");
            call.problem(Problem.of(refused, null).withErrors(RowStore.errorsJson(loaded.errors())));
            return;
        }
        call.json(200, loaded.json());
    }

    private static ObjectNode dryRun(DatasetName name, RowStore.Inferred inferred, Creation creation) {
        ObjectNode json = Json.object();
        Schema schema = schema(inferred, creation);
        json.set("dataset", new Definition(name, schema, creation.grain()).json(Definition.Detail.OWN_COLUMNS));
        ArrayNode mapping = json.putArray("mapping");
        for (MappedColumn column : inferred.mapping()) {
            mapping.addObject()
                    .put("source", column.source())
                    .put("target", column.target())
                    .put("type", column.type().label())
                    .put("sample", column.sample());
        }
        json.put("rows", inferred.rows()).put("rejected", inferred.rejected());
        json.set("errors", RowStore.errorsJson(inferred.errors()));
        return json;
    }
}
