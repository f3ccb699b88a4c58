package dev.varve.server.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a file's columns become the dataset's, in the words of the API's parameters. */
final class MappingOptions {
    @Option(names = "--time", paramLabel = "COL", description = "the column of the time; default: time, timestamp, …")
    private @Nullable String time;

    @Option(names = "--lat", paramLabel = "COL", description = "the column of the latitude")
    private @Nullable String lat;

    @Option(names = "--lon", paramLabel = "COL", description = "the column of the longitude")
    private @Nullable String lon;

    @Option(names = "--map", paramLabel = "TARGET:SOURCE", split = ",", description = "load SOURCE into TARGET")
    private List<String> map = new ArrayList<>();

    @Option(names = "--ignore", paramLabel = "COL", split = ",", description = "leave these columns out")
    private List<String> ignore = new ArrayList<>();

    @Option(
            names = "--missing",
            paramLabel = "[COL=]TEXT",
            description = "a text that means null, everywhere or in one column, such as -9999 or depth=-1;"
                    + " several with commas or by repeating the option")
    private List<String> missing = new ArrayList<>();

    @Option(names = "--scale", paramLabel = "COL=FACTOR", description = "stored value = value x FACTOR, such as t=0.1")
    private Map<String, String> scale = new LinkedHashMap<>();

    @Option(names = "--offset", paramLabel = "COL=NUMBER", description = "stored value = value x scale + NUMBER")
    private Map<String, String> offset = new LinkedHashMap<>();

    @Option(
            names = "--time-format",
            paramLabel = "FORMAT",
            description = "auto, iso, epoch-s, epoch-ms, epoch-us, epoch-ns or a pattern such as 'yyyyMMdd HH:mm'")
    private @Nullable String timeFormat;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "the zone of times that name none, such as America/New_York; default UTC")
    private @Nullable String zone;

    @Option(names = "--lon360", description = "longitudes run from 0 to 360")
    private boolean lon360;

    @Option(names = "--delimiter", paramLabel = "CHAR", description = "CSV: what separates fields, such as ';' or tab")
    private @Nullable String delimiter;

    @Option(names = "--no-header", description = "CSV: the first line is a row; columns are c1, c2, …")
    private boolean noHeader;

    @Option(
            names = "--create",
            description = "make the dataset, if it is not there, with the columns and types found in the file's"
                    + " first 16 MiB")
    private boolean create;

    @Option(names = "--key", paramLabel = "COL", split = ",", description = "with --create: the key columns")
    private List<String> key = new ArrayList<>();

    @Option(names = "--h3-resolution", paramLabel = "N", description = "with --create: of the cell, 0 to 15")
    private @Nullable Integer h3Resolution;

    @Option(names = "--partition", paramLabel = "GRAIN", description = "with --create: auto, day, month, year or none")
    private @Nullable String partition;

    boolean createsDataset() {
        return create;
    }

    boolean hasHeader() {
        return !noHeader;
    }

    char delimiter() {
        if (delimiter == null || delimiter.isEmpty()) {
            return ',';
        }
        return switch (delimiter) {
            case "tab", "\\t" -> '\t';
            case "comma" -> ',';
            case "semicolon" -> ';';
            case "pipe" -> '|';
            case "space" -> ' ';
            default -> delimiter.charAt(0);
        };
    }

    /** What is given that only CSV or only --create understands, or null. */
    @Nullable
    String misplaced(FileFormat format) {
        if (format != FileFormat.CSV && (delimiter != null || noHeader)) {
            return "--delimiter and --no-header are for csv only";
        }
        if (!create && (!key.isEmpty() || h3Resolution != null || partition != null)) {
            return "--key, --h3-resolution and --partition need --create";
        }
        return null;
    }

    /** The API's parameters without those of creation. */
    Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        put(parameters, "time", time);
        put(parameters, "lat", lat);
        put(parameters, "lon", lon);
        put(parameters, "map", joined(map));
        put(parameters, "ignore", joined(ignore));
        for (String text : missing) {
            int equals = text.indexOf('=');
            String name = equals > 0 ? "missing." + text.substring(0, equals) : "missing";
            parameters.merge(name, text.substring(equals + 1), (a, b) -> a + "," + b);
        }
        scale.forEach((column, factor) -> parameters.put("scale." + column, factor));
        offset.forEach((column, number) -> parameters.put("offset." + column, number));
        put(parameters, "timeFormat", timeFormat);
        put(parameters, "zone", zone);
        put(parameters, "lon360", lon360 ? "true" : null);
        put(parameters, "delimiter", delimiter);
        put(parameters, "header", noHeader ? "false" : null);
        return parameters;
    }

    /** All parameters, for the request that may create the dataset. */
    Map<String, String> creationParameters() {
        Map<String, String> parameters = parameters();
        if (create) {
            parameters.put("create", "true");
            put(parameters, "key", joined(key));
            put(parameters, "h3Resolution", h3Resolution == null ? null : h3Resolution.toString());
            put(parameters, "partition", partition);
        }
        return parameters;
    }

    private static @Nullable String joined(List<String> texts) {
        return texts.isEmpty() ? null : String.join(",", texts);
    }

    private static void put(Map<String, String> parameters, String name, @Nullable String value) {
        if (value != null) {
            parameters.put(name, value);
        }
    }
}
