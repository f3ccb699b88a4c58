package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which source column feeds which column of the batch, worked out once from names.
 *
 * <p>A <em>slot</em> is a column of the batch: 0 time, 1 lat, 2 lon, then the own columns.
 */
final class ColumnPlan {
    static final int TIME = 0;
    static final int LAT = 1;
    static final int LON = 2;
    static final int OWN = 3;
    /** Of a source column that feeds no slot. */
    static final int NONE = -1;

    private final Schema schema;
    private final Mapping mapping;
    private final List<String> sources;
    private final List<Column> slots;
    private final Places places;
    private final int[] slotOf;
    private final int[] sourceOf;

    private ColumnPlan(List<String> sources, Mapping mapping, Schema schema) {
        this.schema = schema;
        this.mapping = mapping;
        this.sources = List.copyOf(sources);
        slots = slots(schema);
        places = Places.find(sources, mapping);
        slotOf = new int[sources.size()];
        sourceOf = new int[slots.size()];
        Arrays.fill(slotOf, NONE);
        Arrays.fill(sourceOf, NONE);
    }

    static List<Column> slots(Schema schema) {
        List<Column> slots = new ArrayList<>(List.of(Schema.TIME, Schema.LAT, Schema.LON));
        slots.addAll(schema.columns());
        return List.copyOf(slots);
    }

    /** Matches the names found in a body with the columns of a dataset; a name that fits nothing is refused. */
    static ColumnPlan of(List<String> sources, Mapping mapping, Schema schema) {
        ColumnPlan plan = new ColumnPlan(sources, mapping, schema);
        plan.match();
        return plan;
    }

    private void match() {
        boolean[] settled = new boolean[sources.size()];
        places.time().forEach(at -> settled[at] = true);
        if (places.time().size() == 1) {
            join(places.time().getFirst(), TIME);
        }
        if (places.lat() >= 0) {
            join(places.lat(), LAT);
            join(places.lon(), LON);
            settled[places.lat()] = true;
            settled[places.lon()] = true;
        }
        ColumnNames.Index index = new ColumnNames.Index(sources);
        for (String name : new TreeSet<>(mapping.ignored())) {
            int at = index.find(name);
            if (at >= 0) {
                settled[at] = true;
            }
        }
        for (Map.Entry<String, String> pair : new TreeMap<>(mapping.sources()).entrySet()) {
            int slot = slot(pair.getKey());
            if (slot < OWN) {
                throw unknown(pair.getKey(), "map names target '" + pair.getKey() + "'");
            }
            int at = index.find(pair.getValue());
            if (at < 0) {
                throw noSource("map=" + pair.getKey() + ":" + pair.getValue(), pair.getValue());
            }
            join(at, slot);
            settled[at] = true;
        }
        matchByName(settled);
    }

    private void matchByName(boolean[] settled) {
        List<Integer> open = new ArrayList<>();
        for (int at = 0; at < settled.length; at++) {
            if (!settled[at]) {
                open.add(at);
            }
        }
        List<String> names = ColumnNames.legal(
                open.stream().map(sources::get).toList(), mapping.sources().keySet());
        for (int i = 0; i < open.size(); i++) {
            int at = open.get(i);
            int slot = slot(names.get(i));
            if (slot < OWN || sourceOf[slot] != NONE) {
                throw unknown(sources.get(at), "column '" + sources.get(at) + "' of the body");
            }
            join(at, slot);
        }
    }

    /** Refuses a body that lacks a column without which no row can be accepted. */
    void requireKeys() {
        for (int slot = OWN; slot < slots.size(); slot++) {
            if (isKey(slot) && sourceOf[slot] == NONE) {
                String key = slots.get(slot).name();
                throw noSource("key column '" + key + "'", key);
            }
        }
    }

    private void join(int source, int slot) {
        slotOf[source] = slot;
        sourceOf[slot] = source;
    }

    /** The slot of that name, or -1. */
    int slot(String name) {
        for (int slot = 0; slot < slots.size(); slot++) {
            if (slots.get(slot).name().equals(name)) {
                return slot;
            }
        }
        return -1;
    }

    private VarveException unknown(String name, String what) {
        List<String> own = schema.columns().stream().map(Column::name).toList();
        return new VarveException(
                        ErrorCode.SCHEMA_MISMATCH,
                        what + " is not in the dataset, which has "
                                + (own.isEmpty() ? "no own columns" : Places.listed(own)))
                .withHint(unknownHint(name, own));
    }

    private static String unknownHint(String name, List<String> own) {
        String otherwise = "leave it out by ignore=" + name + ", or add it to the dataset";
        return NearestName.of(Column.suggestName(name), own)
                .map(nearest -> "did you mean '" + nearest + "'? (map=" + nearest + ":" + name + ") Else " + otherwise)
                .orElse(otherwise);
    }

    private VarveException noSource(String what, String name) {
        VarveException error = new VarveException(
                ErrorCode.SCHEMA_MISMATCH, what + ": no such column among " + Places.listed(sources));
        return NearestName.of(name, sources)
                .map(nearest -> error.withHint("did you mean '" + nearest + "'?"))
                .orElse(error);
    }

    List<String> sources() {
        return sources;
    }

    List<Column> slots() {
        return slots;
    }

    /** The slot that a source column feeds, or {@link #NONE}. */
    int slotOf(int source) {
        return slotOf[source];
    }

    /** The source column that feeds a slot, or {@link #NONE}. */
    int sourceOf(int slot) {
        return sourceOf[slot];
    }

    /** Source columns whose texts, put together, are the time; more than one. Empty when one column is the time. */
    List<Integer> timeParts() {
        return places.time().size() > 1 ? places.time() : List.of();
    }

    boolean isKey(int slot) {
        return slot >= OWN && schema.key().contains(slots.get(slot).name());
    }

    /** How errors name the source of a slot. */
    String sourceName(int slot) {
        if (slot == TIME && !timeParts().isEmpty()) {
            return String.join(",", timeParts().stream().map(sources::get).toList());
        }
        return sourceOf[slot] == NONE ? slots.get(slot).name() : sources.get(sourceOf[slot]);
    }

    String[] missing(int slot) {
        return missing(mapping, sourceName(slot), slots.get(slot).name());
    }

    static String[] missing(Mapping mapping, String source, String target) {
        Set<String> texts = new TreeSet<>(mapping.missing());
        mapping.missingIn().forEach((column, more) -> {
            if (column.equalsIgnoreCase(source) || column.equalsIgnoreCase(target)) {
                texts.addAll(more);
            }
        });
        return texts.toArray(String[]::new);
    }

    Scaling scaling(int slot) {
        BigDecimal factor = of(mapping.scales(), slot, BigDecimal.ONE);
        BigDecimal offset = of(mapping.offsets(), slot, BigDecimal.ZERO);
        boolean plain = factor.compareTo(BigDecimal.ONE) == 0 && offset.signum() == 0;
        if (!plain && slot != TIME && !slots.get(slot).type().isNumeric()) {
            throw new VarveException(
                            ErrorCode.BAD_REQUEST,
                            "scale or offset for column '" + slots.get(slot).name() + "', which is "
                                    + slots.get(slot).type().label())
                    .withHint("only numbers are scaled");
        }
        return plain ? Scaling.NONE : new Scaling(factor, offset);
    }

    private BigDecimal of(Map<String, BigDecimal> numbers, int slot, BigDecimal otherwise) {
        Map<String, BigDecimal> folded = new HashMap<>();
        numbers.forEach((column, number) -> folded.put(column.toLowerCase(Locale.ROOT), number));
        BigDecimal bySource = folded.get(sourceName(slot).toLowerCase(Locale.ROOT));
        return bySource != null ? bySource : folded.getOrDefault(slots.get(slot).name(), otherwise);
    }

    Mapping mapping() {
        return mapping;
    }

    /** The matched columns in the order of the batch. */
    List<MappedColumn> mapped(List<String> samples) {
        List<MappedColumn> mapped = new ArrayList<>();
        for (int slot = 0; slot < slots.size(); slot++) {
            if (sourceOf[slot] != NONE || (slot == TIME && !timeParts().isEmpty())) {
                mapped.add(new MappedColumn(
                        sourceName(slot),
                        slots.get(slot).name(),
                        slots.get(slot).type(),
                        samples.get(slot)));
            }
        }
        return List.copyOf(mapped);
    }
}
