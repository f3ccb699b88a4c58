package dev.varve.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Fields;
import dev.varve.server.wire.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A dataset as clients define it.
 *
 * @param grain how files are partitioned; null for {@code auto}
 */
record Definition(DatasetName name, Schema schema, @Nullable TimeGrain grain) {
    private static final String AUTO = "auto";

    static Definition ofJson(byte[] json) {
        Fields fields = Json.parseObject(json, "the definition");
        String name = fields.requiredText("name");
        List<Column> columns = columns(fields);
        List<String> key = fields.texts("key");
        long resolution = fields.number("h3Resolution", Schema.DEFAULT_H3_RESOLUTION);
        String partition = fields.text("partition");
        fields.end();
        Schema schema = new Schema(columns, key, resolution(resolution));
        return new Definition(new DatasetName(name), schema, grain(partition));
    }

    static List<Column> addedColumns(byte[] json) {
        Fields fields = Json.parseObject(json, "the request");
        List<Column> columns = columns(fields);
        fields.end();
        if (columns.isEmpty()) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "no columns to add")
                    .withHint("send {\"columns\": [{\"name\": \"pm10\", \"type\": \"double\"}]}");
        }
        return columns;
    }

    private static List<Column> columns(Fields fields) {
        List<Column> columns = new ArrayList<>();
        for (Fields member : fields.objects("columns")) {
            String name = member.requiredText("name");
            String type = member.requiredText("type");
            String unit = member.text("unit");
            String standardName = member.text("standardName");
            member.end();
            columns.add(new Column(name, type(name, type), unit, standardName));
        }
        return columns;
    }

    private static ColumnType type(String column, String label) {
        return ColumnType.byLabel(label)
                .orElseThrow(() -> new VarveException(
                                ErrorCode.SCHEMA_MISMATCH,
                                "column '" + column + "' has the unknown type '" + Call.shortened(label) + "'")
                        .withHint(NearestName.hint(
                                label,
                                Arrays.stream(ColumnType.values())
                                        .map(ColumnType::label)
                                        .toList())));
    }

    /** An h3Resolution that the schema can check without overflow. */
    static int resolution(long asked) {
        return (int) Math.clamp(asked, -1L, 16L);
    }

    /** The grain of that label; null for {@code auto} and for nothing. */
    static @Nullable TimeGrain grain(@Nullable String label) {
        if (label == null || label.equalsIgnoreCase(AUTO)) {
            return null;
        }
        for (TimeGrain grain : TimeGrain.values()) {
            if (grain.label().equals(label.toLowerCase(Locale.ROOT))) {
                return grain;
            }
        }
        List<String> known = Stream.concat(
                        Stream.of(AUTO), Arrays.stream(TimeGrain.values()).map(TimeGrain::label))
                .toList();
        throw new VarveException(ErrorCode.BAD_REQUEST, "partition '" + Call.shortened(label) + "' is unknown")
                .withHint(NearestName.hint(label, known));
    }

    /** Which columns are shown. */
    enum Detail {
        OWN_COLUMNS,
        /** Every column, each with its role. */
        ALL_COLUMNS
    }

    ObjectNode json(Detail detail) {
        ObjectNode json = Json.object().put("name", name.value());
        ArrayNode columns = json.putArray("columns");
        switch (detail) {
            case OWN_COLUMNS -> schema.columns().forEach(column -> add(columns, column));
            case ALL_COLUMNS -> {
                Schema.LEADING.forEach(column -> add(columns, column).put("role", "leading"));
                schema.columns().forEach(column -> add(columns, column).put("role", "own"));
                Schema.SYSTEM.forEach(column -> add(columns, column).put("role", "system"));
            }
        }
        ArrayNode key = json.putArray("key");
        schema.key().forEach(key::add);
        json.put("h3Resolution", schema.h3Resolution());
        return json.put("partition", grain == null ? AUTO : grain.label());
    }

    private static ObjectNode add(ArrayNode columns, Column column) {
        ObjectNode json = columns.addObject()
                .put("name", column.name())
                .put("type", column.type().label());
        if (column.unit() != null) {
            json.put("unit", column.unit());
        }
        if (column.standardName() != null) {
            json.put("standardName", column.standardName());
        }
        return json;
    }
}
