package dev.varve.server.recipe;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetSpec;
import dev.varve.server.recipe.Fields.BadFieldException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Earthquakes as the USGS publishes them: the CSV of its catalogue, or a GeoJSON feed. What only one of the two has is
 * null from the other. An event is identified by its id and time; a revised event replaces the earlier one if its
 * origin time is the same.
 */
public final class UsgsQuakes implements Recipe {
    /** A column and the name of its source in both formats. */
    private record Field(String column, String type, String unit, String source) {}

    private static final List<Field> FIELDS = List.of(
            new Field("id", "string", "", "id"),
            new Field("mag", "double", "", "mag"),
            new Field("mag_type", "string", "", "magType"),
            new Field("depth", "double", "km", "depth"),
            new Field("place", "string", "", "place"),
            new Field("type", "string", "", "type"),
            new Field("status", "string", "", "status"),
            new Field("net", "string", "", "net"),
            new Field("updated", "timestamp", "", "updated"),
            new Field("nst", "int", "", "nst"),
            new Field("gap", "double", "deg", "gap"),
            new Field("dmin", "double", "deg", "dmin"),
            new Field("rms", "double", "s", "rms"),
            new Field("horizontal_error", "double", "km", "horizontalError"),
            new Field("depth_error", "double", "km", "depthError"),
            new Field("mag_error", "double", "", "magError"),
            new Field("mag_nst", "int", "", "magNst"),
            new Field("location_source", "string", "", "locationSource"),
            new Field("mag_source", "string", "", "magSource"),
            new Field("felt", "int", "", "felt"),
            new Field("cdi", "double", "", "cdi"),
            new Field("mmi", "double", "", "mmi"),
            new Field("alert", "string", "", "alert"),
            new Field("tsunami", "int", "", "tsunami"),
            new Field("sig", "int", "", "sig"));

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path file;

    public UsgsQuakes(Path file) {
        this.file = file;
    }

    @Override
    public DatasetSpec dataset(String name) {
        DatasetSpec spec = DatasetSpec.named(name);
        for (Field field : FIELDS) {
            spec = spec.column(
                    field.unit().isEmpty()
                            ? new ColumnSpec(field.column(), field.type())
                            : new ColumnSpec(field.column(), field.type(), field.unit()));
        }
        return spec.key("id");
    }

    @Override
    public List<Path> files() {
        return List.of(file);
    }

    @Override
    public void read(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException {
        boolean isJson;
        try (BufferedReader in = RecipeInput.text(file, bytes -> {})) {
            int first = in.read();
            while (first == '\ufeff' || Character.isWhitespace(first)) {
                first = in.read();
            }
            isJson = first == '{';
        }
        if (isJson) {
            readGeoJson(rows, bad, bytesRead);
        } else {
            readCsv(rows, bad, bytesRead);
        }
    }

    private void readCsv(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException {
        try (BufferedReader in = RecipeInput.text(file, bytesRead)) {
            CsvRecords records = new CsvRecords(in);
            CsvHeader header = CsvHeader.of(file, records.next());
            header.required("id");
            int time = header.required("time");
            int lat = header.required("latitude");
            int lon = header.required("longitude");
            int[] sources = FIELDS.stream()
                    .mapToInt(field -> header.find(field.source()))
                    .toArray();
            long row = 0;
            for (List<String> record = records.next(); record != null; record = records.next()) {
                row++;
                String[] texts = new String[sources.length];
                for (int i = 0; i < sources.length; i++) {
                    texts[i] = header.field(record, sources[i]);
                }
                try {
                    if (record.size() != header.size()) {
                        throw new BadFieldException(
                                "row", String.join(",", record), record.size() + " fields instead of " + header.size());
                    }
                    emit(
                            Fields.isoMicros("time", header.field(record, time)),
                            Fields.number("latitude", header.field(record, lat)),
                            Fields.number("longitude", header.field(record, lon)),
                            texts,
                            rows);
                } catch (BadFieldException e) {
                    bad.accept(e.in(file, row));
                }
            }
        }
    }

    private void readGeoJson(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException {
        try (InputStream in = RecipeInput.open(file, bytesRead);
                JsonParser json = MAPPER.createParser(in)) {
            json.nextToken();
            boolean foundFeatures = false;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isFeatures = json.currentName().equals("features");
                JsonToken value = json.nextToken();
                if (isFeatures && value == JsonToken.START_ARRAY) {
                    foundFeatures = true;
                    readFeatures(json, rows, bad);
                } else {
                    json.skipChildren();
                }
            }
            if (!foundFeatures) {
                throw new UnreadableFileException(file + " is JSON without 'features'");
            }
        } catch (JsonParseException e) {
            throw new UnreadableFileException(
                    file + " is not whole JSON, at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ": " + e.getOriginalMessage());
        }
    }

    private void readFeatures(JsonParser json, RowTarget rows, Consumer<BadRow> bad) throws IOException {
        long row = 0;
        while (json.nextToken() == JsonToken.START_OBJECT) {
            row++;
            JsonNode feature = json.readValueAsTree();
            try {
                readFeature(feature, rows);
            } catch (BadFieldException e) {
                bad.accept(e.in(file, row));
            }
        }
    }

    private static void readFeature(JsonNode feature, RowTarget rows) throws BadFieldException {
        JsonNode properties = feature.path("properties");
        JsonNode place = feature.path("geometry").path("coordinates");
        if (!properties.path("time").isIntegralNumber()) {
            throw new BadFieldException("time", properties.path("time").asText(), "not milliseconds since 1970");
        }
        if (!place.path(0).isNumber() || !place.path(1).isNumber()) {
            throw new BadFieldException("coordinates", place.toString(), "not longitude and latitude");
        }
        String[] texts = new String[FIELDS.size()];
        for (int i = 0; i < texts.length; i++) {
            String source = FIELDS.get(i).source();
            JsonNode value = switch (source) {
                case "id" -> feature.path("id");
                case "depth" -> place.path(2);
                default -> properties.path(source);
            };
            texts[i] = value.asText("").equals("null") ? "" : value.asText("");
        }
        emit(
                TimeUnit.MILLISECONDS.toMicros(properties.path("time").asLong()),
                place.path(1).asDouble(),
                place.path(0).asDouble(),
                texts,
                rows);
    }

    private static void emit(long micros, double lat, double lon, String[] texts, RowTarget rows)
            throws BadFieldException {
        double latitude = Fields.latitude(lat);
        double longitude = Fields.longitude(lon);
        if (texts[0].isEmpty()) {
            throw new BadFieldException("id", "", "missing");
        }
        // All fields are read before any is set, so that a bad one leaves no half row.
        double[] doubles = new double[texts.length];
        long[] longs = new long[texts.length];
        for (int i = 0; i < texts.length; i++) {
            Field field = FIELDS.get(i);
            if (texts[i].isEmpty()) {
                continue;
            }
            switch (field.type()) {
                case "double" -> doubles[i] = Fields.number(field.source(), texts[i]);
                case "int" -> longs[i] = Fields.whole(field.source(), texts[i]);
                case "timestamp" -> longs[i] = timestamp(field.source(), texts[i]);
                default -> doubles[i] = Double.NaN;
            }
        }
        rows.time(micros);
        rows.at(latitude, longitude);
        for (int i = 0; i < texts.length; i++) {
            if (texts[i].isEmpty()) {
                continue;
            }
            switch (FIELDS.get(i).type()) {
                case "double" -> rows.set(i, doubles[i]);
                case "int", "timestamp" -> rows.set(i, longs[i]);
                default -> rows.set(i, texts[i]);
            }
        }
        rows.add();
    }

    /** ISO 8601 in the CSV, milliseconds in GeoJSON. */
    private static long timestamp(String column, String text) throws BadFieldException {
        return text.indexOf('T') > 0
                ? Fields.isoMicros(column, text)
                : TimeUnit.MILLISECONDS.toMicros(Fields.whole(column, text));
    }
}
