package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedWidthVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Gathers rows of texts into canonical batches; used by one thread.
 *
 * <p>A row is {@link #begin}, {@link #set} for each source column, {@link #end}. A row with an error is written over by
 * the next one, so what is left of it never shows.
 */
final class RowBuilder implements AutoCloseable {
    private static final int FIRST_CAPACITY = 1_024;

    private ColumnPlan plan;
    private final DecodeLimits limits;
    private final List<FieldVector> vectors;
    private final VectorSchemaRoot root;
    private final Cell[] cells;
    private final String[][] missing;
    private final boolean[] keys;
    /** Number of the row in which a slot was written last, so that nothing has to be cleared. */
    private final long[] writtenIn;

    private final boolean[] present;
    private final String[] samples;
    private int[] partOf;
    private final StringBuilder[] parts;
    private final int fixedBytes;
    private List<RowError> errors = new ArrayList<>();
    private int rows;
    private int read;
    private long bytes;
    private long row;
    private boolean failed;

    RowBuilder(ColumnPlan plan, BufferAllocator memory, DecodeLimits limits, Cell.TextRules rules) {
        this.plan = plan;
        this.limits = limits;
        List<Column> slots = plan.slots();
        int count = slots.size();
        Times times = new Times(plan.mapping());
        Times others = Times.plain(plan.mapping());
        Scaling[] scalings = new Scaling[count];
        missing = new String[count][];
        keys = new boolean[count];
        for (int slot = 0; slot < count; slot++) {
            scalings[slot] = plan.scaling(slot);
            missing[slot] = plan.missing(slot);
            keys[slot] = plan.isKey(slot);
        }
        vectors = BatchFields.vectors(slots, memory);
        root = BatchFields.root(vectors, 0);
        cells = new Cell[count];
        int width = 0;
        for (int slot = 0; slot < count; slot++) {
            ColumnType type = slots.get(slot).type();
            cells[slot] =
                    Cell.of(type, vectors.get(slot), scalings[slot], slot == ColumnPlan.TIME ? times : others, rules);
            width += cells[slot].bytes();
        }
        fixedBytes = width;
        writtenIn = new long[count];
        present = new boolean[count];
        samples = new String[count];
        Arrays.fill(samples, "");
        parts = new StringBuilder[plan.timeParts().size()];
        Arrays.setAll(parts, part -> new StringBuilder());
        partOf = partOf(plan);
    }

    private static int[] partOf(ColumnPlan plan) {
        int[] parts = new int[plan.sources().size()];
        Arrays.fill(parts, -1);
        for (int part = 0; part < plan.timeParts().size(); part++) {
            parts[plan.timeParts().get(part)] = part;
        }
        return parts;
    }

    /** Goes on with a plan for the same slots and more source columns behind those that were there. */
    void extend(ColumnPlan longer) {
        plan = longer;
        partOf = partOf(longer);
    }

    /** Starts over with an empty batch. */
    void reset() {
        root.clear();
        try {
            allocate();
        } catch (OutOfMemoryException e) {
            throw new VarveException(ErrorCode.OVERLOADED, "no memory left for a batch of rows", e)
                    .withHint("try again later");
        }
        errors = new ArrayList<>();
        rows = 0;
        read = 0;
        bytes = 0;
    }

    private void allocate() {
        for (FieldVector vector : vectors) {
            if (vector instanceof FixedWidthVector fixed) {
                fixed.allocateNew(FIRST_CAPACITY);
            } else {
                vector.setInitialCapacity(FIRST_CAPACITY);
                vector.allocateNew();
            }
        }
    }

    boolean isFull() {
        return read >= limits.rowsPerBatch() || bytes >= limits.bytesPerBatch();
    }

    boolean isEmpty() {
        return read == 0;
    }

    void begin(long number) {
        row = number;
        failed = false;
        read++;
        for (StringBuilder part : parts) {
            part.setLength(0);
        }
    }

    /** The text of a source column in the current row; the window may be narrowed. */
    void set(int source, Text text) {
        if (failed) {
            return;
        }
        if (partOf[source] >= 0) {
            parts[partOf[source]].append(text.strip());
        }
        int slot = plan.slotOf(source);
        if (slot >= 0) {
            write(slot, text);
        }
    }

    private void write(int slot, Text text) {
        int start = text.start();
        int end = text.end();
        try {
            writtenIn[slot] = row;
            boolean isMissing = missing[slot].length > 0 && isMissing(text, missing[slot]);
            present[slot] = false;
            if (isMissing) {
                vectors.get(slot).setNull(rows);
            } else {
                text.set(text.array(), start, end);
                present[slot] = cells[slot].set(rows, text);
            }
            if (present[slot] && samples[slot].isEmpty()) {
                samples[slot] = text.excerpt();
            }
        } catch (BadValue e) {
            text.set(text.array(), start, end);
            fail(plan.sourceName(slot), text.excerpt(), e.reason());
        } catch (OutOfMemoryException e) {
            throw new VarveException(ErrorCode.OVERLOADED, "no memory left to decode row " + row, e)
                    .withHint("send less at a time, or try again later");
        }
    }

    private static boolean isMissing(Text text, String[] codes) {
        return text.equalsAny(codes) || text.strip().equalsAny(codes);
    }

    /** Leaves the current row out; only the first reason counts. */
    void fail(String column, String value, String reason) {
        if (!failed) {
            failed = true;
            errors.add(new RowError(row, column, value, reason));
        }
    }

    boolean hasFailed() {
        return failed;
    }

    /** Whether a source column is not merely left out. */
    boolean isUsed(int source) {
        return plan.slotOf(source) >= 0 || partOf[source] >= 0;
    }

    /** Ends the current row: adds it, or leaves it out with one error. */
    void end() {
        if (!failed && parts.length > 0) {
            joinTime();
        }
        if (!failed) {
            finish();
        }
        if (failed) {
            return;
        }
        int size = fixedBytes;
        for (Cell cell : cells) {
            if (cell instanceof Cell.Strings || cell instanceof Cell.Binaries) {
                size += cell.bytes() - 4;
            }
        }
        bytes += size;
        rows++;
    }

    private void joinTime() {
        StringBuilder joined = new StringBuilder();
        for (StringBuilder part : parts) {
            if (part.isEmpty()) {
                fail(plan.sourceName(ColumnPlan.TIME), joined.toString(), "time is missing");
                return;
            }
            joined.append(joined.isEmpty() ? "" : " ").append(part);
        }
        write(ColumnPlan.TIME, Text.of(joined.toString()));
    }

    private void finish() {
        for (int slot = 0; slot < cells.length; slot++) {
            if (writtenIn[slot] != row) {
                present[slot] = false;
                vectors.get(slot).setNull(rows);
            }
            if (!present[slot] && (slot == ColumnPlan.TIME || keys[slot])) {
                fail(plan.sourceName(slot), "", slot == ColumnPlan.TIME ? "time is missing" : "key column is missing");
                return;
            }
        }
        checkPlace();
    }

    private void checkPlace() {
        if (!present[ColumnPlan.LAT] && !present[ColumnPlan.LON]) {
            return;
        }
        if (present[ColumnPlan.LAT] != present[ColumnPlan.LON]) {
            int absent = present[ColumnPlan.LAT] ? ColumnPlan.LON : ColumnPlan.LAT;
            fail(plan.sourceName(absent), "", PlaceRules.HALF);
            return;
        }
        Float8Vector lats = (Float8Vector) vectors.get(ColumnPlan.LAT);
        Float8Vector lons = (Float8Vector) vectors.get(ColumnPlan.LON);
        double lat = lats.get(rows);
        double lon = lons.get(rows);
        if (PlaceRules.isBadLat(lat)) {
            fail(plan.sourceName(ColumnPlan.LAT), Double.toString(lat), PlaceRules.BAD_LAT);
            return;
        }
        boolean lon360 = plan.mapping().lon360();
        if (PlaceRules.isBadLon(lon, lon360)) {
            fail(plan.sourceName(ColumnPlan.LON), Double.toString(lon), PlaceRules.badLon(lon360));
            return;
        }
        if (lon > 180) {
            lons.set(rows, lon - 360);
        }
    }

    /** The batch so far; it stays the builder's. */
    VectorSchemaRoot batch() {
        for (FieldVector vector : vectors) {
            vector.setValueCount(rows);
        }
        root.setRowCount(rows);
        return root;
    }

    List<RowError> errors() {
        return List.copyOf(errors);
    }

    List<MappedColumn> mapped() {
        return plan.mapped(List.of(samples));
    }

    @Override
    public void close() {
        root.close();
    }
}
