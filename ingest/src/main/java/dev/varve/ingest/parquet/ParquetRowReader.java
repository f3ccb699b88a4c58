package dev.varve.ingest.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/**
 * Reads the flat columns of any Parquet file into Arrow batches, trusting nothing in it; used by one thread.
 *
 * <p>Needs no Hadoop: the directory, the page headers and the encodings come from the format's own libraries. A nested
 * column shows up as an empty struct, so that its name is known and nobody takes it for values.
 */
public final class ParquetRowReader implements AutoCloseable {
    private static final int MAGIC = 0x31524150; // PAR1
    private static final int ENCRYPTED = 0x45524150; // PARE
    private static final int MOST_FOOTER_BYTES = 64 << 20;

    private final FileChannel file;
    private final BufferAllocator memory;
    private final int batchRows;
    private final PageBudget budget;
    private final FileMetaData footer;
    private final List<LeafColumn> columns;
    private final VectorSchemaRoot root;
    private List<LeafReader> readers = List.of();
    private int group;
    private long left;

    private ParquetRowReader(
            FileChannel file,
            FileMetaData footer,
            List<LeafColumn> columns,
            BufferAllocator memory,
            int batchRows,
            PageBudget budget) {
        this.file = file;
        this.footer = footer;
        this.columns = columns;
        this.memory = memory;
        this.batchRows = batchRows;
        this.budget = budget;
        root = VectorSchemaRoot.create(
                new Schema(columns.stream().map(LeafColumn::field).toList()), memory);
    }

    /**
     * Opens a file; whatever is wrong with it is an {@code IOException}.
     *
     * @param batchRows most rows of a batch
     * @param bytes most bytes of a batch, and of the pages that are open at a time
     */
    public static ParquetRowReader open(Path path, BufferAllocator parent, int batchRows, long bytes)
            throws IOException {
        return open(path, parent, batchRows, bytes, column -> true);
    }

    /** As above, but only the columns whose names are wanted. */
    public static ParquetRowReader open(
            Path path, BufferAllocator parent, int batchRows, long bytes, Predicate<String> wanted) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        BufferAllocator memory = parent.newChildAllocator("parquet body", 0, bytes);
        boolean done = false;
        try {
            FileMetaData footer = readFooter(file);
            List<LeafColumn> columns = guarded(() -> LeafColumn.of(present(footer.getSchema()))).stream()
                    .filter(column -> wanted.test(column.field().getName()))
                    .toList();
            ParquetRowReader reader =
                    new ParquetRowReader(file, footer, columns, memory, batchRows, new PageBudget(bytes));
            done = true;
            return reader;
        } finally {
            if (!done) {
                memory.close();
                file.close();
            }
        }
    }

    /** What runs into the library's many ways to say that bytes make no sense. */
    interface Step<T> {
        T run() throws IOException;
    }

    static <T> T guarded(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (org.apache.arrow.memory.OutOfMemoryException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | AssertionError e) {
            throw new IOException("broken Parquet: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            // one absurd array, asked for because of a broken count; the heap itself is as it was
            throw new IOException("broken Parquet: it asks for more memory than there is", e);
        }
    }

    /** What the format demands and the file may lack all the same. */
    static <T> T present(@Nullable T part) {
        if (part == null) {
            throw new IllegalArgumentException("a part of its description is missing");
        }
        return part;
    }

    private static FileMetaData readFooter(FileChannel file) throws IOException {
        long size = file.size();
        if (size < 12) {
            throw new IOException("a Parquet file of " + size + " bytes");
        }
        ByteBuffer tail = read(file, size - 8, 8);
        int length = tail.getInt(0);
        int magic = tail.getInt(4);
        if (magic == ENCRYPTED) {
            throw new IOException("encrypted Parquet is not supported");
        }
        if (magic != MAGIC || read(file, 0, 4).getInt(0) != MAGIC) {
            throw new IOException("not a Parquet file, or not a whole one");
        }
        if (length < 1 || length > Math.min(size - 12, MOST_FOOTER_BYTES)) {
            throw new IOException("a Parquet footer of " + length + " bytes in a file of " + size);
        }
        byte[] bytes = read(file, size - 8 - length, length).array();
        return guarded(() -> {
            FileMetaData footer = Util.readFileMetaData(new ByteArrayInputStream(bytes));
            if (footer.getEncryption_algorithm() != null) {
                throw new IOException("encrypted Parquet is not supported");
            }
            return footer;
        });
    }

    static ByteBuffer read(FileChannel file, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, position + buffer.position());
            if (count < 0) {
                throw new IOException("the Parquet file ends at " + file.size());
            }
        }
        return buffer.flip();
    }

    /** The columns, holding the current batch after {@link #next}. */
    public VectorSchemaRoot root() {
        return root;
    }

    /** Loads the next batch; false at the end of the file. A batch never spans row groups. */
    public boolean next() throws IOException {
        root.clear();
        return guarded(() -> {
            while (left == 0) {
                if (group == footer.getRow_groupsSize()) {
                    return false;
                }
                openGroup(present(footer.getRow_groups()).get(group++));
            }
            int count = (int) Math.min(batchRows, left);
            for (LeafReader reader : readers) {
                reader.read(count);
            }
            for (FieldVector vector : root.getFieldVectors()) {
                vector.setValueCount(count);
            }
            root.setRowCount(count);
            left -= count;
            return true;
        });
    }

    private void openGroup(RowGroup rows) throws IOException {
        budget.reset();
        left = rows.getNum_rows();
        if (left < 0) {
            throw new IOException("a row group of " + left + " rows");
        }
        List<LeafReader> opened = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            LeafColumn column = columns.get(i);
            if (!column.isReadable()) {
                continue;
            }
            if (column.leaf() >= rows.getColumnsSize()) {
                throw new IOException("column '" + column.field().getName() + "' is not in a row group");
            }
            ColumnChunk chunk = present(rows.getColumns()).get(column.leaf());
            if (chunk.getMeta_data() == null || chunk.getMeta_data().getNum_values() != left) {
                throw new IOException("column '" + column.field().getName() + "' does not have a value for each row");
            }
            ChunkPages pages = new ChunkPages(file, chunk.getMeta_data(), budget);
            opened.add(LeafReader.of(column, root.getVector(i), pages));
        }
        readers = opened;
    }

    @Override
    public void close() {
        root.close();
        memory.close();
        try {
            file.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
