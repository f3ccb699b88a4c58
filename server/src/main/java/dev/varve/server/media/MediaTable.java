package dev.varve.server.media;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.catalog.Catalog;
import dev.varve.ingest.decode.BodyFormat;
import dev.varve.ingest.decode.Mapping;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Json;
import dev.varve.server.wire.RowStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** The datasets {@code media} and {@code media_reactions}; each is made when its first row comes. */
final class MediaTable {
    static final DatasetName MEDIA = new DatasetName("media");
    static final DatasetName REACTIONS = new DatasetName("media_reactions");

    private static final Schema MEDIA_SCHEMA = new Schema(
            List.of(
                    text("bucket"),
                    text("key"),
                    text("version_id"),
                    new Column("sequence", ColumnType.LONG),
                    new Column("size", ColumnType.LONG, "By", null),
                    text("type"),
                    text("kind"),
                    text("checksum"),
                    text("owner"),
                    new Column("width", ColumnType.INT, "{pixel}", null),
                    new Column("height", ColumnType.INT, "{pixel}", null),
                    new Column("duration", ColumnType.DOUBLE, "s", null),
                    new Column("altitude", ColumnType.DOUBLE, "m", "altitude"),
                    text("time_source"),
                    text("place_source"),
                    new Column("uploaded", ColumnType.TIMESTAMP),
                    text("attributes"),
                    Schema.DELETED),
            List.of("bucket", "key"),
            Schema.DEFAULT_H3_RESOLUTION);

    private static final Schema REACTIONS_SCHEMA = new Schema(
            List.of(text("id"), text("bucket"), text("key"), text("kind"), text("text"), text("who")),
            List.of("id"),
            Schema.DEFAULT_H3_RESOLUTION);

    private final Catalog catalog;
    private final RowStore rows;

    MediaTable(Catalog catalog, RowStore rows) {
        this.catalog = catalog;
        this.rows = rows;
    }

    private static Column text(String name) {
        return new Column(name, ColumnType.STRING);
    }

    boolean isThere(DatasetName name) {
        return catalog.find(name).isPresent();
    }

    /** Returns when the rows are durable and visible. */
    void write(DatasetName name, List<ObjectNode> lines, String idempotencyKey) {
        if (!isThere(name)) {
            create(name);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (ObjectNode line : lines) {
            body.writeBytes(Json.bytes(line));
            body.write('\n');
        }
        RowStore.Loaded loaded = rows.load(
                new RowStore.Load(name, BodyFormat.NDJSON, Mapping.DEFAULT, idempotencyKey, true),
                new ByteArrayInputStream(body.toByteArray()));
        if (loaded.rejected() > 0) {
            throw new VarveException(
                    ErrorCode.ROWS_REJECTED,
                    "rows of dataset " + name + " do not fit it: "
                            + loaded.errors().getFirst());
        }
    }

    private void create(DatasetName name) {
        try {
            catalog.create(name, name.equals(MEDIA) ? MEDIA_SCHEMA : REACTIONS_SCHEMA, null);
        } catch (VarveException e) {
            // Somebody else was faster.
            if (e.code() != ErrorCode.DATASET_EXISTS) {
                throw e;
            }
        }
    }
}
