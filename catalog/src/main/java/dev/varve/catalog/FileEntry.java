package dev.varve.catalog;

import dev.varve.catalog.DataFile.CellBounds;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import dev.varve.model.TimeGrain;
import dev.varve.model.TimeRange;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionData;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * How a data file is written in a manifest, and read back from it.
 *
 * <p>Time, cell and column bounds are Iceberg's lower and upper bounds. The run is kept as the bounds of a column that is
 * in no schema, {@link #RUN_FIELD}: as if each row had it. Engines look bounds up by the fields they know, and manifests
 * are merged with their bounds as they are.
 */
final class FileEntry {
    /** Field id of the run; far above ids that columns get, below those Iceberg reserves. */
    static final int RUN_FIELD = 2_000_000_000;

    /** What {@link #read} looks at; decoding the rest would take a good part of the time to open a lake. */
    static final List<String> READ = List.of(
            "file_path",
            "file_format",
            "partition",
            "record_count",
            "file_size_in_bytes",
            "null_value_counts",
            "lower_bounds",
            "upper_bounds");

    private static final Type RUN_TYPE = Types.LongType.get();

    private FileEntry() {}

    static org.apache.iceberg.DataFile write(DataFile file, Dataset dataset, Table table) {
        PartitionSpec spec = table.specs().values().stream()
                .filter(candidate -> TableSchema.grainOf(candidate) == file.grain())
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(file.blob() + " is partitioned by "
                        + file.grain().label() + ", which " + dataset.name() + " never was"));
        DataFiles.Builder entry = DataFiles.builder(spec)
                .withPath(BlobFileIO.locationOf(file.blob()))
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(file.bytes())
                .withMetrics(metrics(file, dataset))
                .withSortOrder(table.sortOrder());
        if (spec.isPartitioned()) {
            PartitionData partition = new PartitionData(spec.partitionType());
            partition.set(0, file.bucket());
            entry.withPartition(partition);
        }
        return entry.build();
    }

    private static Metrics metrics(DataFile file, Dataset dataset) {
        Map<Integer, Long> values = new HashMap<>();
        Map<Integer, Long> nulls = new HashMap<>();
        Map<Integer, ByteBuffer> low = new HashMap<>();
        Map<Integer, ByteBuffer> high = new HashMap<>();
        for (Column column : dataset.schema().all()) {
            int id = dataset.fieldId(column.name());
            values.put(id, file.rows());
            ColumnBounds bounds = boundsOf(file, column);
            if (bounds == null) {
                continue;
            }
            if (bounds.nulls() >= 0) {
                nulls.put(id, bounds.nulls());
            }
            if (bounds.low() != null && bounds.high() != null) {
                Type type = TableSchema.typeOf(column.type());
                low.put(id, Conversions.toByteBuffer(type, toIceberg(column.type(), bounds.low(), false)));
                high.put(id, Conversions.toByteBuffer(type, toIceberg(column.type(), bounds.high(), true)));
            }
        }
        low.put(RUN_FIELD, Conversions.toByteBuffer(RUN_TYPE, file.run()));
        high.put(RUN_FIELD, Conversions.toByteBuffer(RUN_TYPE, file.run()));
        return new Metrics(file.rows(), null, values, nulls, null, low, high);
    }

    private static @Nullable ColumnBounds boundsOf(DataFile file, Column column) {
        if (column.equals(Schema.TIME)) {
            return new ColumnBounds(file.firstMicros(), file.lastMicros(), 0);
        }
        if (column.equals(Schema.CELL)) {
            CellBounds cells = file.cells();
            return cells == null
                    ? new ColumnBounds(null, null, file.rows())
                    : new ColumnBounds(cells.first(), cells.last(), -1);
        }
        return file.columns().get(column.name());
    }

    /** Rounds outwards where Iceberg's type is the narrower one. */
    private static Object toIceberg(ColumnType type, Comparable<?> value, boolean up) {
        return switch (type) {
            case BOOLEAN -> ((Number) value).longValue() != 0;
            case INT, DATE -> Math.toIntExact(((Number) value).longValue());
            case LONG, TIMESTAMP -> ((Number) value).longValue();
            case FLOAT -> toFloat(((Number) value).doubleValue(), up);
            case DOUBLE -> ((Number) value).doubleValue();
            case STRING -> value.toString();
            case BINARY -> throw new IllegalArgumentException("binary columns have no bounds, not " + value);
        };
    }

    private static float toFloat(double value, boolean up) {
        float near = (float) value;
        if (up) {
            return near < value ? Math.nextUp(near) : near;
        }
        return near > value ? Math.nextDown(near) : near;
    }

    static DataFile read(org.apache.iceberg.DataFile entry, Dataset dataset, Map<Integer, PartitionSpec> specs) {
        PartitionSpec spec = specs.get(entry.specId());
        TimeGrain grain = spec == null ? TimeGrain.NONE : TableSchema.grainOf(spec);
        Integer bucket =
                grain == TimeGrain.NONE ? Integer.valueOf(0) : entry.partition().get(0, Integer.class);
        Map<Integer, Long> nulls = orEmpty(entry.nullValueCounts());
        Map<Integer, ByteBuffer> low = orEmpty(entry.lowerBounds());
        Map<Integer, ByteBuffer> high = orEmpty(entry.upperBounds());
        Map<String, ColumnBounds> columns = new HashMap<>();
        for (Column column : dataset.schema().all()) {
            int id = dataset.fieldId(column.name());
            Long nullCount = nulls.get(id);
            Comparable<?> first = fromIceberg(column.type(), low.get(id));
            Comparable<?> last = fromIceberg(column.type(), high.get(id));
            if (nullCount != null && nullCount == entry.recordCount()) {
                columns.put(column.name(), new ColumnBounds(null, null, nullCount));
            } else if (first != null && last != null) {
                columns.put(column.name(), new ColumnBounds(first, last, nullCount == null ? -1 : nullCount));
            }
        }
        TimeRange possible = grain.rangeOf(bucket == null ? 0 : bucket);
        ColumnBounds time = columns.get(Schema.TIME.name());
        ColumnBounds cell = columns.get(Schema.CELL.name());
        CellBounds cells = cell == null ? new CellBounds(Long.MIN_VALUE, Long.MAX_VALUE) : cellBounds(cell);
        Comparable<?> run = fromIceberg(ColumnType.LONG, low.get(RUN_FIELD));
        return new DataFile(
                BlobFileIO.blobAt(entry.location()),
                entry.recordCount(),
                entry.fileSizeInBytes(),
                run instanceof Long known ? known : 0,
                grain,
                bucket == null ? 0 : bucket,
                time != null && time.low() instanceof Long first ? first : possible.startMicros(),
                time != null && time.high() instanceof Long last ? last : possible.endMicros(),
                cells,
                columns);
    }

    private static @Nullable CellBounds cellBounds(ColumnBounds cell) {
        return cell.low() instanceof Long first && cell.high() instanceof Long last
                ? new CellBounds(first, last)
                : null;
    }

    private static @Nullable Comparable<?> fromIceberg(ColumnType type, @Nullable ByteBuffer bytes) {
        if (bytes == null) {
            return null;
        }
        Object value = Conversions.fromByteBuffer(TableSchema.typeOf(type), bytes);
        return switch (type) {
            case BOOLEAN -> (Boolean) value ? 1L : 0L;
            case INT, DATE -> (long) (Integer) value;
            case LONG, TIMESTAMP -> (Long) value;
            case FLOAT -> (double) (Float) value;
            case DOUBLE -> (Double) value;
            case STRING -> value.toString();
            case BINARY -> null;
        };
    }

    private static <V> Map<Integer, V> orEmpty(@Nullable Map<Integer, V> map) {
        return map == null ? Map.of() : map;
    }
}
