package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.jspecify.annotations.Nullable;

/**
 * Turns a batch that comes typed, its columns in any order and of any fitting type, into a canonical batch.
 *
 * <p>Columns that are right as they are are shared, not copied; then a row costs a look at its time, its place and its
 * numbers. Everything else is converted value by value.
 */
public final class RowChecker {
    private final ColumnPlan plan;
    private final DecodeLimits limits;
    private final BufferAllocator memory;
    private final Times times;
    private final Times others;
    private final Cell.TextRules rules;

    private RowChecker(ColumnPlan plan, BufferAllocator memory, DecodeLimits limits) {
        this.plan = plan;
        this.limits = limits;
        this.memory = memory;
        times = new Times(plan.mapping());
        others = Times.plain(plan.mapping());
        rules = new Cell.TextRules(limits.valueBytes(), false, true);
    }

    /**
     * Checks a batch; its vectors stay the caller's, and the answer may share their memory.
     *
     * @param dictionaries of the columns that are dictionary-encoded
     * @param memory owns the answer; sharing needs the same root as the batch's allocator
     * @param firstRow number of the batch's first row, for errors
     */
    public static CheckedRows check(
            VectorSchemaRoot rows,
            DictionaryProvider dictionaries,
            Mapping mapping,
            Schema schema,
            BufferAllocator memory,
            DecodeLimits limits,
            long firstRow) {
        return of(names(rows), mapping, schema, memory, limits).check(rows, dictionaries, firstRow);
    }

    static RowChecker of(
            List<String> names, Mapping mapping, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        if (names.size() > limits.sourceColumns()) {
            throw new VarveException(
                    ErrorCode.TOO_LARGE, names.size() + " columns; at most " + limits.sourceColumns() + " are allowed");
        }
        ColumnPlan plan = ColumnPlan.of(names, mapping, schema);
        plan.requireKeys();
        return new RowChecker(plan, memory, limits);
    }

    static List<String> names(VectorSchemaRoot rows) {
        return rows.getFieldVectors().stream().map(FieldVector::getName).toList();
    }

    ColumnPlan plan() {
        return plan;
    }

    CheckedRows check(VectorSchemaRoot rows, DictionaryProvider dictionaries, long firstRow) {
        if (!plan.timeParts().isEmpty()) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST, "a time of several columns in a body whose columns are typed")
                    .withHint("put them together before sending, or send CSV");
        }
        List<FieldVector> made = BatchFields.vectors(plan.slots(), memory);
        boolean done = false;
        try {
            CheckedRows checked = fill(rows, dictionaries, made, firstRow);
            done = true;
            return checked;
        } catch (OutOfMemoryException e) {
            throw new VarveException(
                            ErrorCode.OVERLOADED,
                            "no memory left to check a batch of " + rows.getRowCount() + " rows",
                            e)
                    .withHint("send smaller batches, or try again later");
        } finally {
            if (!done) {
                made.forEach(FieldVector::close);
            }
        }
    }

    private CheckedRows fill(
            VectorSchemaRoot rows, DictionaryProvider dictionaries, List<FieldVector> made, long firstRow) {
        int count = rows.getRowCount();
        Rejected rejected = new Rejected(firstRow);
        for (int slot = 0; slot < made.size(); slot++) {
            int source = plan.sourceOf(slot);
            FieldVector vector = source < 0 ? null : rows.getVector(source);
            fillColumn(slot, vector, dictionaries, made.get(slot), count, rejected);
        }
        requireValues(made, count, rejected);
        checkPlaces(made, count, rejected);
        List<FieldVector> kept = rejected.isEmpty() ? made : keep(made, count, rejected);
        return new CheckedRows(BatchFields.root(kept, count - rejected.count()), rejected.errors());
    }

    private void fillColumn(
            int slot,
            @Nullable FieldVector vector,
            DictionaryProvider dictionaries,
            FieldVector target,
            int count,
            Rejected rejected) {
        Times format = slot == ColumnPlan.TIME ? times : others;
        ColumnConverter converter = new ColumnConverter(plan, slot, format, rules);
        if (vector == null) {
            converter.convert(new SourceColumn.Nothing(), target, count, rejected);
            return;
        }
        BufferChecks.check(vector, count);
        boolean coded = vector.getField().getDictionary() != null;
        // longitudes of 0 to 360 are changed in place later, so they must not be shared
        boolean changes = slot == ColumnPlan.LON && plan.mapping().lon360();
        if (!coded
                && !changes
                && count > 0
                && converter.isPlain()
                && SharedColumn.share(vector, target, count, format, limits.valueBytes())) {
            return;
        }
        converter.convert(source(vector, dictionaries, converter), target, count, rejected);
    }

    private static SourceColumn source(FieldVector vector, DictionaryProvider dictionaries, ColumnConverter converter) {
        if (vector.getField().getDictionary() == null) {
            return scalar(vector, converter);
        }
        long id = vector.getField().getDictionary().getId();
        Dictionary dictionary = dictionaries.lookup(id);
        if (dictionary == null || !(vector instanceof BaseIntVector positions)) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST,
                    "column '" + vector.getName() + "' refers to dictionary " + id + ", which was not sent");
        }
        FieldVector values = dictionary.getVector();
        BufferChecks.check(values, values.getValueCount());
        return new SourceColumn.Coded(
                vector, positions::getValueAsLong, scalar(values, converter), values.getValueCount());
    }

    private static SourceColumn scalar(FieldVector vector, ColumnConverter converter) {
        SourceColumn column = SourceColumn.of(vector);
        if (column == null) {
            throw converter.mismatch(vector.getField().getType().toString());
        }
        return column;
    }

    private void requireValues(List<FieldVector> made, int count, Rejected rejected) {
        for (int slot = 0; slot < made.size(); slot++) {
            boolean isTime = slot == ColumnPlan.TIME;
            FieldVector vector = made.get(slot);
            if ((!isTime && !plan.isKey(slot)) || vector.getNullCount() == 0) {
                continue;
            }
            for (int row = 0; row < count; row++) {
                if (vector.isNull(row)) {
                    rejected.add(row, plan.sourceName(slot), "", isTime ? "time is missing" : "key column is missing");
                }
            }
        }
    }

    private void checkPlaces(List<FieldVector> made, int count, Rejected rejected) {
        if (plan.sourceOf(ColumnPlan.LAT) < 0 || count == 0) {
            return;
        }
        Float8Vector lats = (Float8Vector) made.get(ColumnPlan.LAT);
        Float8Vector lons = (Float8Vector) made.get(ColumnPlan.LON);
        boolean lon360 = plan.mapping().lon360();
        if (!lon360 && lats.getNullCount() == 0 && lons.getNullCount() == 0 && areAllPlaces(lats, lons, count)) {
            return;
        }
        for (int row = 0; row < count; row++) {
            checkPlace(lats, lons, row, lon360, rejected);
        }
    }

    private static boolean areAllPlaces(Float8Vector lats, Float8Vector lons, int count) {
        ArrowBuf latValues = lats.getDataBuffer();
        ArrowBuf lonValues = lons.getDataBuffer();
        boolean places = true;
        for (int row = 0; row < count; row++) {
            double lat = latValues.getDouble(8L * row);
            double lon = lonValues.getDouble(8L * row);
            places &= Math.abs(lat) <= 90;
            places &= Math.abs(lon) <= 180;
        }
        return places;
    }

    private void checkPlace(Float8Vector lats, Float8Vector lons, int row, boolean lon360, Rejected rejected) {
        boolean noLat = lats.isNull(row);
        boolean noLon = lons.isNull(row);
        if (noLat && noLon) {
            return;
        }
        if (noLat != noLon) {
            rejected.add(row, plan.sourceName(noLat ? ColumnPlan.LAT : ColumnPlan.LON), "", PlaceRules.HALF);
            return;
        }
        double lat = lats.get(row);
        double lon = lons.get(row);
        if (PlaceRules.isBadLat(lat)) {
            rejected.add(row, plan.sourceName(ColumnPlan.LAT), Double.toString(lat), PlaceRules.BAD_LAT);
        } else if (PlaceRules.isBadLon(lon, lon360)) {
            rejected.add(row, plan.sourceName(ColumnPlan.LON), Double.toString(lon), PlaceRules.badLon(lon360));
        } else if (lon > 180) {
            lons.set(row, lon - 360);
        }
    }

    /** Copies of the vectors with the rows that are not left out; the given ones are closed. */
    private List<FieldVector> keep(List<FieldVector> made, int count, Rejected rejected) {
        List<Column> slots = plan.slots();
        for (int slot = 0; slot < made.size(); slot++) {
            FieldVector all = made.get(slot);
            FieldVector kept = BatchFields.field(slots.get(slot), slot).createVector(memory);
            boolean done = false;
            try {
                kept.setInitialCapacity(count - rejected.count());
                kept.allocateNew();
                int to = 0;
                for (int row = 0; row < count; row++) {
                    if (!rejected.contains(row)) {
                        kept.copyFromSafe(row, to++, all);
                    }
                }
                kept.setValueCount(to);
                done = true;
            } finally {
                if (!done) {
                    kept.close();
                }
            }
            made.set(slot, kept);
            all.close();
        }
        return new ArrayList<>(made);
    }
}
