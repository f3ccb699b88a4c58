package dev.varve.ingest.decode;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.model.Schema;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Reads one JSON object a line; a line that is broken is an error of that row alone. */
final class NdjsonDecoder implements RowDecoder {
    private static final int REFUSED = -1;

    private final Schema schema;
    private final DecodeLimits limits;
    private final JsonFactory json;
    private final Lines lines;
    private final RowBuilder builder;
    private final Mapping mapping;
    private final List<String> sources;
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<String, String> refusals = new HashMap<>();
    private final Text text = new Text();
    private long[] seenIn;

    NdjsonDecoder(InputStream body, Mapping given, Schema schema, BufferAllocator memory, DecodeLimits limits) {
        this.schema = schema;
        this.limits = limits;
        json = JsonKeys.factory(limits);
        JsonKeys keys = new JsonKeys(body, limits);
        sources = new ArrayList<>(keys.names());
        given.sources().values().stream()
                .filter(name -> !sources.contains(name))
                .forEach(sources::add);
        if (keys.names().isEmpty()) {
            // nothing readable to begin with; then each line says for itself what is wrong
            sources.add(given.time() == null ? "time" : given.time());
        }
        mapping = settle(sources, given);
        ColumnPlan plan = ColumnPlan.of(sources, mapping, schema);
        builder = new RowBuilder(plan, memory, limits, new Cell.TextRules(limits.valueBytes(), false, false));
        for (int i = 0; i < sources.size(); i++) {
            positions.put(sources.get(i), i);
        }
        seenIn = new long[sources.size()];
        lines = new Lines(keys.whole(), limits.rowBytes());
    }

    /** The same mapping with time and place named, so that keys of later lines cannot change what they are. */
    private static Mapping settle(List<String> sources, Mapping given) {
        Places places = Places.find(sources, given);
        Mapping.Builder settled = given.toBuilder();
        if (places.time().size() == 1) {
            settled.time(sources.get(places.time().getFirst()));
        } else {
            settled.time(
                    String.join(",", places.time().stream().map(sources::get).toList()));
        }
        if (places.lat() >= 0) {
            settled.lat(sources.get(places.lat())).lon(sources.get(places.lon()));
        }
        return settled.build();
    }

    @Override
    public boolean next() {
        builder.reset();
        while (!builder.isFull() && lines.next()) {
            builder.begin(lines.number());
            if (lines.isTooLong()) {
                builder.fail("", lines.excerpt(), "the line is longer than " + limits.rowBytes() + " bytes");
            } else {
                readLine();
            }
            builder.end();
        }
        return !builder.isEmpty();
    }

    private void readLine() {
        try (JsonParser parser = json.createParser(lines.bytes(), lines.from(), lines.length())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                builder.fail("", lines.excerpt(), "not a JSON object");
                return;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                readValue(key, parser.nextToken(), parser);
            }
            if (parser.nextToken() != null) {
                builder.fail("", lines.excerpt(), "more than one JSON value in the line");
            }
        } catch (JsonProcessingException e) {
            long column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            builder.fail("", lines.excerpt(), "not JSON at character " + column + ": " + brief(e.getOriginalMessage()));
        } catch (IOException e) {
            builder.fail("", lines.excerpt(), "not JSON in UTF-8: " + brief(String.valueOf(e.getMessage())));
        }
    }

    private static String brief(String message) {
        return message.length() <= 200 ? message : message.substring(0, 200) + "…";
    }

    private void readValue(String key, JsonToken token, JsonParser parser) throws IOException {
        int source = position(key);
        if (source == REFUSED) {
            String value = token.isScalarValue() ? parser.getText() : "";
            parser.skipChildren();
            builder.fail(key, value, refusals.getOrDefault(key, "not a column of the dataset"));
            return;
        }
        if (seenIn[source] == lines.number()) {
            parser.skipChildren();
            builder.fail(key, "", "the key is there twice");
            return;
        }
        seenIn[source] = lines.number();
        switch (token) {
            case START_OBJECT, START_ARRAY -> {
                if (builder.isUsed(source)) {
                    builder.fail(
                            key, "", token == JsonToken.START_ARRAY ? "a list, not a value" : "an object, not a value");
                }
                parser.skipChildren();
            }
            case VALUE_NULL -> {}
            default -> {
                char[] chars = parser.getTextCharacters();
                int offset = parser.getTextOffset();
                builder.set(source, text.set(chars, offset, offset + parser.getTextLength()));
            }
        }
    }

    private int position(String key) {
        Integer known = positions.get(key);
        return known == null ? admit(key) : known;
    }

    /** Finds a place for a key that the beginning of the body did not show. */
    private int admit(String key) {
        if (refusals.containsKey(key) || refusals.size() + sources.size() > limits.sourceColumns()) {
            return REFUSED;
        }
        List<String> longer = new ArrayList<>(sources);
        longer.add(key);
        try {
            builder.extend(ColumnPlan.of(longer, mapping, schema));
        } catch (VarveException e) {
            refusals.put(key, "not a column of the dataset" + (e.hint() == null ? "" : "; " + e.hint()));
            return REFUSED;
        }
        sources.add(key);
        positions.put(key, sources.size() - 1);
        seenIn = Arrays.copyOf(seenIn, sources.size());
        return sources.size() - 1;
    }

    @Override
    public VectorSchemaRoot batch() {
        return builder.batch();
    }

    @Override
    public List<RowError> errors() {
        return builder.errors();
    }

    @Override
    public List<MappedColumn> mapping() {
        return builder.mapped();
    }

    @Override
    public void close() {
        builder.close();
    }
}
