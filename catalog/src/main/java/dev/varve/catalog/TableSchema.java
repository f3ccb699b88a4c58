package dev.varve.catalog;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.DatasetName;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/** How a dataset's definition is written in an Iceberg table, and read back from it. */
final class TableSchema {
    /** Property with the grain that was asked for or reached; absent while it is open. */
    static final String GRAIN = "varve.grain";

    private static final String KEY = "varve.key";
    private static final String H3_RESOLUTION = "varve.h3-resolution";
    private static final String UNIT = "varve.unit.";
    private static final String STANDARD_NAME = "varve.standard-name.";

    private static final Set<String> REQUIRED =
            Set.of(Schema.TIME.name(), Schema.RECORDED_AT.name(), Schema.VERSION.name());
    private static final Set<String> OF_EVERY_DATASET = Stream.concat(Schema.LEADING.stream(), Schema.SYSTEM.stream())
            .map(Column::name)
            .collect(Collectors.toUnmodifiableSet());

    private TableSchema() {}

    /** The metadata of a new table. */
    static TableMetadata newTable(Schema schema, @Nullable TimeGrain grain, String location, CatalogConfig config) {
        List<Types.NestedField> fields = new ArrayList<>();
        for (Column column : schema.all()) {
            int id = fields.size() + 1;
            fields.add(
                    REQUIRED.contains(column.name())
                            ? Types.NestedField.required(id, column.name(), typeOf(column.type()), docOf(column))
                            : Types.NestedField.optional(id, column.name(), typeOf(column.type()), docOf(column)));
        }
        org.apache.iceberg.Schema table = new org.apache.iceberg.Schema(fields);
        Map<String, String> properties = new HashMap<>(describe(schema.columns()));
        properties.put(KEY, String.join(",", schema.key()));
        properties.put(H3_RESOLUTION, Integer.toString(schema.h3Resolution()));
        if (grain != null) {
            properties.put(GRAIN, grain.label());
        }
        properties.put(TableProperties.FORMAT_VERSION, "2");
        properties.put(TableProperties.METADATA_PREVIOUS_VERSIONS_MAX, "10");
        // Manifests are merged by partition spec, of which there is one a grain.
        int merged = Math.max(2, config.looseManifests() / TimeGrain.values().length);
        properties.put(TableProperties.MANIFEST_MIN_MERGE_COUNT, Integer.toString(merged));
        properties.put(TableProperties.DEFAULT_NAME_MAPPING, NameMappingParser.toJson(MappingUtil.create(table)));
        return TableMetadata.newTableMetadata(
                table,
                spec(table, grain == null ? TimeGrain.NONE : grain),
                SortOrder.builderFor(table)
                        .asc(Schema.CELL.name())
                        .asc(Schema.TIME.name())
                        .build(),
                location,
                properties);
    }

    private static PartitionSpec spec(org.apache.iceberg.Schema table, TimeGrain grain) {
        PartitionSpec.Builder spec = PartitionSpec.builderFor(table);
        String time = Schema.TIME.name();
        return switch (grain) {
            case NONE -> spec.build();
            case YEAR -> spec.year(time).build();
            case MONTH -> spec.month(time).build();
            case DAY -> spec.day(time).build();
        };
    }

    /** Properties that hold what Iceberg's schema has no place for. */
    static Map<String, String> describe(Collection<Column> columns) {
        Map<String, String> properties = new HashMap<>();
        for (Column column : columns) {
            if (column.unit() != null) {
                properties.put(UNIT + column.name(), column.unit());
            }
            if (column.standardName() != null) {
                properties.put(STANDARD_NAME + column.name(), column.standardName());
            }
        }
        return properties;
    }

    /** What a column is, for people who meet it in another engine. */
    static @Nullable String docOf(Column column) {
        if (column.unit() == null) {
            return column.standardName();
        }
        String unit = "[" + column.unit() + "]";
        return column.standardName() == null ? unit : column.standardName() + " " + unit;
    }

    static Type.PrimitiveType typeOf(ColumnType type) {
        return switch (type) {
            case BOOLEAN -> Types.BooleanType.get();
            case INT -> Types.IntegerType.get();
            case LONG -> Types.LongType.get();
            case FLOAT -> Types.FloatType.get();
            case DOUBLE -> Types.DoubleType.get();
            case STRING -> Types.StringType.get();
            case TIMESTAMP -> Types.TimestampType.withoutZone();
            case DATE -> Types.DateType.get();
            case BINARY -> Types.BinaryType.get();
        };
    }

    /** The dataset that a table is. */
    static Dataset datasetOf(DatasetName name, TableMetadata table) {
        Map<String, String> properties = table.properties();
        List<Column> columns = new ArrayList<>();
        Map<String, Integer> fieldIds = new LinkedHashMap<>();
        for (Types.NestedField field : table.schema().columns()) {
            fieldIds.put(field.name(), field.fieldId());
            if (!OF_EVERY_DATASET.contains(field.name())) {
                columns.add(new Column(
                        field.name(),
                        columnType(name, field),
                        properties.get(UNIT + field.name()),
                        properties.get(STANDARD_NAME + field.name())));
            }
        }
        String key = properties.getOrDefault(KEY, "");
        Schema schema = new Schema(
                columns,
                key.isEmpty() ? List.of() : List.of(key.split(",")),
                Integer.parseInt(
                        properties.getOrDefault(H3_RESOLUTION, Integer.toString(Schema.DEFAULT_H3_RESOLUTION))));
        return new Dataset(name, UUID.fromString(table.uuid()), schema, BlobFileIO.blobAt(table.location()), fieldIds);
    }

    private static ColumnType columnType(DatasetName dataset, Types.NestedField field) {
        for (ColumnType type : ColumnType.values()) {
            if (typeOf(type).equals(field.type())) {
                return type;
            }
        }
        throw new VarveException(
                ErrorCode.STORAGE,
                "column '" + field.name() + "' of " + dataset + " is " + field.type() + ", which Varve does not know");
    }

    /** The grain of new files; null while it is open. */
    static @Nullable TimeGrain grainOf(TableMetadata table) {
        String label = table.properties().get(GRAIN);
        for (TimeGrain grain : TimeGrain.values()) {
            if (grain.label().equals(label)) {
                return grain;
            }
        }
        return null;
    }

    static TimeGrain grainOf(PartitionSpec spec) {
        if (spec.isUnpartitioned()) {
            return TimeGrain.NONE;
        }
        String transform = spec.fields().getFirst().transform().toString();
        for (TimeGrain grain : TimeGrain.values()) {
            if (grain.label().equals(transform) && spec.fields().size() == 1) {
                return grain;
            }
        }
        throw new VarveException(ErrorCode.STORAGE, "a table is partitioned by " + spec + ", not by its time");
    }
}
