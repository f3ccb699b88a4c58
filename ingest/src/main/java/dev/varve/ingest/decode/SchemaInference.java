package dev.varve.ingest.decode;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.model.Column;
import dev.varve.model.ColumnType;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Guesses the columns of a dataset from the beginning of a body.
 *
 * <p>It looks at {@link DecodeLimits#inferenceRows} rows, and at up to ten times as many while some column has shown no
 * value at all. A column without any value is a string.
 */
public final class SchemaInference {
    private static final int PATIENCE = 10;

    private final Mapping mapping;
    private final DecodeLimits limits;
    private final Map<String, TypeGuess> guesses = new LinkedHashMap<>();
    private final Map<String, ColumnType> known = new LinkedHashMap<>();
    private long rows;

    private SchemaInference(Mapping mapping, DecodeLimits limits) {
        this.mapping = mapping;
        this.limits = limits;
    }

    /** Reads as much of the body as it needs; the stream stays the caller's. */
    public static Inferred infer(
            BodyFormat format, InputStream body, Mapping mapping, BufferAllocator memory, DecodeLimits limits) {
        SchemaInference inference = new SchemaInference(mapping, limits);
        InputStream limited = new LimitedInput(body, limits.bodyBytes());
        switch (format) {
            case CSV -> inference.readCsv(limited);
            case NDJSON -> inference.readNdjson(limited);
            case ARROW_STREAM -> inference.readArrow(limited, memory);
            case PARQUET -> inference.readParquet(limited, memory);
        }
        return inference.conclude();
    }

    private boolean wantsMore() {
        if (rows < limits.inferenceRows()) {
            return true;
        }
        return rows < (long) PATIENCE * limits.inferenceRows()
                && guesses.values().stream().anyMatch(TypeGuess::isOpen);
    }

    private TypeGuess guess(String source) {
        return guesses.computeIfAbsent(
                source, name -> new TypeGuess(ColumnPlan.missing(mapping, name, Column.suggestName(name))));
    }

    private void readCsv(InputStream body) {
        try (CsvRows csv = new CsvRows(body, mapping, limits)) {
            List<TypeGuess> columns = csv.names().stream().map(this::guess).toList();
            Text text = new Text();
            while (wantsMore() && csv.next()) {
                rows++;
                for (int i = 0; i < columns.size() && csv.fields() == columns.size(); i++) {
                    csv.field(i, text);
                    columns.get(i).see(text);
                }
            }
        }
    }

    private void readNdjson(InputStream body) {
        var json = JsonKeys.factory(limits);
        Lines lines = new Lines(body, limits.rowBytes());
        Text text = new Text();
        while (wantsMore() && lines.next()) {
            rows++;
            if (lines.isTooLong()) {
                continue;
            }
            try (JsonParser parser = json.createParser(lines.bytes(), lines.from(), lines.length())) {
                readObject(parser, text);
            } catch (IOException e) {
                // a broken line says nothing about types; decoding reports it
            }
        }
    }

    private void readObject(JsonParser parser, Text text) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            if (guesses.size() > limits.sourceColumns()) {
                return;
            }
            TypeGuess guess = guess(key);
            JsonToken token = parser.nextToken();
            if (token.isStructStart()) {
                guess.see(Text.of("a nested value"));
                parser.skipChildren();
            } else if (token != JsonToken.VALUE_NULL) {
                int offset = parser.getTextOffset();
                guess.see(text.set(parser.getTextCharacters(), offset, offset + parser.getTextLength()));
            }
        }
    }

    private void readArrow(InputStream body, BufferAllocator memory) {
        try (ArrowStream stream = new ArrowStream(body, memory, limits)) {
            boolean filled = stream.next();
            readTyped(stream.root(), filled);
        }
    }

    private void readParquet(InputStream body, BufferAllocator memory) {
        try (ParquetBody file = new ParquetBody(body, memory, limits)) {
            boolean filled = file.next();
            readTyped(file.root(), filled);
        }
    }

    private void readTyped(VectorSchemaRoot root, boolean filled) {
        rows = filled ? root.getRowCount() : 0;
        TypedGuess typed = new TypedGuess(root, filled);
        typed.types().forEach((name, type) -> {
            TypeGuess guess = guess(name);
            String sample = typed.sample(name);
            if (!sample.isEmpty()) {
                guess.see(Text.of(sample));
            }
            known.put(name, type);
        });
    }

    private Inferred conclude() {
        List<String> sources = List.copyOf(guesses.keySet());
        Places places = Places.find(sources, mapping);
        List<MappedColumn> mapped = new ArrayList<>();
        Mapping.Builder complete = mapping.toBuilder();
        String time = String.join(",", places.time().stream().map(sources::get).toList());
        mapped.add(new MappedColumn(time, "time", ColumnType.TIMESTAMP, samples(places.time(), sources)));
        if (places.lat() >= 0) {
            mapped.add(place(sources.get(places.lat()), "lat", complete));
            mapped.add(place(sources.get(places.lon()), "lon", complete));
        }
        List<Column> columns = new ArrayList<>();
        targets(sources, places).forEach((source, target) -> {
            TypeGuess guess = guess(source);
            ColumnType type = known.getOrDefault(source, guess.type(isScaled(source, target)));
            columns.add(new Column(target, type));
            mapped.add(new MappedColumn(source, target, type, guess.sample()));
            if (type != ColumnType.STRING && !known.containsKey(source)) {
                guess.noValues().forEach(text -> complete.missingIn(source, text));
            }
        });
        return new Inferred(columns, mapped, complete.build(), rows);
    }

    private MappedColumn place(String source, String target, Mapping.Builder complete) {
        guess(source).noValues().forEach(text -> complete.missingIn(source, text));
        return new MappedColumn(source, target, ColumnType.DOUBLE, guess(source).sample());
    }

    private String samples(List<Integer> parts, List<String> sources) {
        return String.join(
                " ", parts.stream().map(at -> guess(sources.get(at)).sample()).toList());
    }

    /** The target of each source column that becomes an own column. */
    private Map<String, String> targets(List<String> sources, Places places) {
        ColumnNames.Index index = new ColumnNames.Index(sources);
        Map<String, String> targets = new LinkedHashMap<>();
        boolean[] settled = new boolean[sources.size()];
        places.time().forEach(at -> settled[at] = true);
        if (places.lat() >= 0) {
            settled[places.lat()] = true;
            settled[places.lon()] = true;
        }
        for (String name : mapping.ignored()) {
            int at = index.find(name);
            if (at >= 0) {
                settled[at] = true;
            }
        }
        mapping.sources().forEach((target, source) -> {
            int at = index.find(source);
            if (at >= 0) {
                settled[at] = true;
                targets.put(sources.get(at), target);
            }
        });
        List<String> open = new ArrayList<>();
        for (int at = 0; at < settled.length; at++) {
            if (!settled[at]) {
                open.add(sources.get(at));
            }
        }
        List<String> names = ColumnNames.legal(open, mapping.sources().keySet());
        for (int i = 0; i < open.size(); i++) {
            targets.put(open.get(i), names.get(i));
        }
        Map<String, String> ordered = new LinkedHashMap<>();
        for (String source : sources) {
            @Nullable String target = targets.get(source);
            if (target != null) {
                ordered.put(source, target);
            }
        }
        return ordered;
    }

    private boolean isScaled(String source, String target) {
        return isFraction(mapping.scales(), source, target) || isFraction(mapping.offsets(), source, target);
    }

    private static boolean isFraction(Map<String, BigDecimal> numbers, String source, String target) {
        Set<Map.Entry<String, BigDecimal>> all = numbers.entrySet();
        return all.stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(source)
                        || entry.getKey().equalsIgnoreCase(target))
                .anyMatch(entry -> entry.getValue().stripTrailingZeros().scale() > 0);
    }
}
