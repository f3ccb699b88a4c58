package dev.varve.ingest.parquet;

import dev.varve.catalog.DataFile;
import dev.varve.catalog.DataFile.ColumnBounds;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.Schema;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.values.bloomfilter.BlockSplitBloomFilter;
import org.apache.parquet.format.BloomFilterAlgorithm;
import org.apache.parquet.format.BloomFilterCompression;
import org.apache.parquet.format.BloomFilterHash;
import org.apache.parquet.format.BloomFilterHeader;
import org.apache.parquet.format.ColumnOrder;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DateType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.MicroSeconds;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.SortingColumn;
import org.apache.parquet.format.SplitBlockAlgorithm;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.TimeUnit;
import org.apache.parquet.format.TimestampType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.TypeDefinedOrder;
import org.apache.parquet.format.Uncompressed;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.XxHash;
import org.jspecify.annotations.Nullable;

/**
 * Writes one data file, row group by row group, from rows in the order they are given; used by one thread.
 *
 * <p>Holds one row group. The stream stays open: whoever made it closes it.
 */
public final class RowFileWriter {
    static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    /** Rows gathered at once; between slices the bytes held are compared with {@link #ROW_GROUP_BYTES}. */
    private static final int SLICE_ROWS = 4_096;

    private static final long ROW_GROUP_BYTES = 32L << 20;
    private static final String CREATED_BY = "varve version 0.1.0";

    private final FileLayout layout;
    private final OutputStream out;
    private final List<ColumnBuffer> columns = new ArrayList<>();
    private final List<RowGroup> rowGroups = new ArrayList<>();
    private final List<ChunkWriter.Written> chunks = new ArrayList<>();
    private final ByteSink body = new ByteSink();
    private final ByteSink packed = new ByteSink();
    private final int[] levels;
    private long position;
    private long rows;
    private int pendingRows;

    public RowFileWriter(FileLayout layout, OutputStream out) throws IOException {
        this.layout = layout;
        this.out = out;
        this.levels = new int[Math.min(layout.pageRows(), layout.rowGroupRows())];
        LongDictionary dictionary = new LongDictionary();
        int[] ids = new int[layout.rowGroupRows()];
        for (FileLayout.Field field : layout.fields()) {
            columns.add(
                    isText(field)
                            ? new TextColumnBuffer(layout, field)
                            : new FixedColumnBuffer(layout, field, dictionary, ids));
        }
        out.write(MAGIC);
        position = MAGIC.length;
    }

    private static boolean isText(FileLayout.Field field) {
        return field.column().type() == ColumnType.STRING || field.column().type() == ColumnType.BINARY;
    }

    /** Appends the rows with the numbers {@code order[from..to)}; nothing of the source is used afterwards. */
    public void write(RowSource source, int[] order, int from, int to) throws IOException {
        int at = from;
        while (at < to) {
            int end = Math.min(to, at + Math.min(SLICE_ROWS, layout.rowGroupRows() - pendingRows));
            long held = 0;
            for (int c = 0; c < columns.size(); c++) {
                columns.get(c).gather(source.column(c), order, at, end);
                held += columns.get(c).heldBytes();
            }
            pendingRows += end - at;
            at = end;
            if (pendingRows == layout.rowGroupRows() || held > ROW_GROUP_BYTES) {
                endRowGroup();
            }
        }
    }

    public long rows() {
        return rows + pendingRows;
    }

    /** Size of the finished row groups. */
    public long bytesSoFar() {
        return position;
    }

    /** Writes what is pending and the footer. */
    public WrittenFile finish() throws IOException {
        if (pendingRows > 0) {
            endRowGroup();
        }
        if (rows == 0) {
            throw new IllegalStateException("a data file has at least one row");
        }
        writeBlooms();
        writeIndexes();
        FileMetaData footer = new FileMetaData(2, schema(), rows, rowGroups);
        footer.setCreated_by(CREATED_BY);
        footer.setColumn_orders(columns.stream()
                .map(column -> ColumnOrder.TYPE_ORDER(new TypeDefinedOrder()))
                .toList());
        ByteSink sink = new ByteSink();
        Util.writeFileMetaData(footer, sink);
        sink.putInt(sink.size());
        sink.write(MAGIC, 0, MAGIC.length);
        put(sink);
        return written();
    }

    private void endRowGroup() throws IOException {
        List<org.apache.parquet.format.ColumnChunk> metas = new ArrayList<>();
        long start = position;
        long plain = 0;
        for (ColumnBuffer column : columns) {
            ChunkWriter chunk = new ChunkWriter(
                    column.field, type(column.field.column()), layout.codec(), out, position, body, packed, levels);
            column.encode(chunk);
            position = chunk.end();
            column.clear();
            ChunkWriter.Written done = chunk.finish();
            chunks.add(done);
            metas.add(done.chunk());
            plain += done.meta().getTotal_uncompressed_size();
        }
        RowGroup group = new RowGroup(metas, plain, pendingRows);
        group.setFile_offset(start);
        group.setTotal_compressed_size(position - start);
        group.setOrdinal((short) Math.min(rowGroups.size(), Short.MAX_VALUE));
        List<SortingColumn> sorting = sorting();
        if (sorting.size() == 2) {
            group.setSorting_columns(sorting);
        }
        rowGroups.add(group);
        rows += pendingRows;
        pendingRows = 0;
    }

    private List<SortingColumn> sorting() {
        List<SortingColumn> sorting = new ArrayList<>();
        for (Column key : List.of(Schema.CELL, Schema.TIME)) {
            for (int c = 0; c < columns.size(); c++) {
                if (columns.get(c).field.column().name().equals(key.name())) {
                    sorting.add(new SortingColumn(c, false, false));
                }
            }
        }
        return sorting;
    }

    private void writeBlooms() throws IOException {
        for (ChunkWriter.Written chunk : chunks) {
            BlockSplitBloomFilter bloom = chunk.bloom();
            if (bloom != null) {
                ByteSink sink = new ByteSink();
                Util.writeBloomFilterHeader(
                        new BloomFilterHeader(
                                bloom.getBitsetSize(),
                                BloomFilterAlgorithm.BLOCK(new SplitBlockAlgorithm()),
                                BloomFilterHash.XXHASH(new XxHash()),
                                BloomFilterCompression.UNCOMPRESSED(new Uncompressed())),
                        sink);
                bloom.writeTo(sink);
                chunk.meta().setBloom_filter_offset(position);
                chunk.meta().setBloom_filter_length(sink.size());
                put(sink);
            }
        }
    }

    private void writeIndexes() throws IOException {
        ByteSink sink = new ByteSink();
        for (ChunkWriter.Written chunk : chunks) {
            if (chunk.columnIndex() != null) {
                sink.clear();
                Util.writeColumnIndex(chunk.columnIndex(), sink);
                chunk.chunk().setColumn_index_offset(position);
                chunk.chunk().setColumn_index_length(sink.size());
                put(sink);
            }
        }
        for (ChunkWriter.Written chunk : chunks) {
            sink.clear();
            Util.writeOffsetIndex(chunk.offsetIndex(), sink);
            chunk.chunk().setOffset_index_offset(position);
            chunk.chunk().setOffset_index_length(sink.size());
            put(sink);
        }
    }

    private void put(ByteSink sink) throws IOException {
        out.write(sink.array(), 0, sink.size());
        position += sink.size();
    }

    private List<SchemaElement> schema() {
        List<SchemaElement> elements = new ArrayList<>();
        SchemaElement root = new SchemaElement("row");
        root.setNum_children(columns.size());
        elements.add(root);
        for (FileLayout.Field field : layout.fields()) {
            Column column = field.column();
            SchemaElement element = new SchemaElement(column.name());
            element.setType(type(column));
            element.setField_id(field.id());
            element.setRepetition_type(
                    field.isOptional() ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED);
            switch (column.type()) {
                case STRING -> {
                    element.setLogicalType(LogicalType.STRING(new StringType()));
                    element.setConverted_type(ConvertedType.UTF8);
                }
                // no converted type: TIMESTAMP_MICROS would say that it is adjusted to UTC
                case TIMESTAMP ->
                    element.setLogicalType(
                            LogicalType.TIMESTAMP(new TimestampType(false, TimeUnit.MICROS(new MicroSeconds()))));
                case DATE -> {
                    element.setLogicalType(LogicalType.DATE(new DateType()));
                    element.setConverted_type(ConvertedType.DATE);
                }
                case BOOLEAN, INT, LONG, FLOAT, DOUBLE, BINARY -> {}
            }
            elements.add(element);
        }
        return elements;
    }

    private static Type type(Column column) {
        return switch (column.type()) {
            case BOOLEAN -> Type.BOOLEAN;
            case INT, DATE -> Type.INT32;
            case LONG, TIMESTAMP -> Type.INT64;
            case FLOAT -> Type.FLOAT;
            case DOUBLE -> Type.DOUBLE;
            case STRING, BINARY -> Type.BYTE_ARRAY;
        };
    }

    private WrittenFile written() {
        Map<String, ColumnBounds> bounds = new HashMap<>();
        for (ColumnBuffer column : columns) {
            ColumnBounds known = column.bounds();
            if (known != null) {
                bounds.put(column.field.column().name(), known);
            }
        }
        ColumnBounds time = bounds.get(Schema.TIME.name());
        if (time == null || !(time.low() instanceof Long first) || !(time.high() instanceof Long last)) {
            throw new IllegalStateException("a data file has a time in each row");
        }
        return new WrittenFile(rows, position, first, last, cells(bounds.get(Schema.CELL.name())), bounds);
    }

    private static DataFile.@Nullable CellBounds cells(@Nullable ColumnBounds cell) {
        return cell != null && cell.low() instanceof Long first && cell.high() instanceof Long last
                ? new DataFile.CellBounds(first, last)
                : null;
    }
}
