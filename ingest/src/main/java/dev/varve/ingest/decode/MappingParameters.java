package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Reads a mapping from the parameters of a request. */
final class MappingParameters {
    private static final List<String> KNOWN = List.of(
            "time", "lat", "lon", "map", "ignore", "missing", "timeFormat", "zone", "lon360", "delimiter", "header");
    private static final List<String> OF_THE_REQUEST =
            List.of("onError", "create", "dryRun", "key", "h3Resolution", "partition");
    private static final List<String> PER_COLUMN = List.of("missing.", "scale.", "offset.");

    private MappingParameters() {}

    static Mapping parse(Map<String, List<String>> parameters) {
        Mapping.Builder mapping = Mapping.builder();
        // sorted, so that of several mistakes always the same one is named
        new TreeMap<>(parameters).forEach((name, values) -> read(mapping, name, values));
        return mapping.build();
    }

    private static void read(Mapping.Builder mapping, String name, List<String> values) {
        switch (name) {
            case "time" -> mapping.time(one(name, values));
            case "lat" -> mapping.lat(one(name, values));
            case "lon" -> mapping.lon(one(name, values));
            case "map" -> pieces(values).forEach(pair -> readPair(mapping, pair));
            case "ignore" -> mapping.ignore(pieces(values).toArray(String[]::new));
            case "missing" -> mapping.missing(pieces(values).toArray(String[]::new));
            case "timeFormat" -> mapping.timeFormat(one(name, values));
            case "zone" -> mapping.zone(zone(one(name, values)));
            case "lon360" -> mapping.lon360(truth(name, one(name, values)));
            case "delimiter" -> mapping.delimiter(delimiter(one(name, values)));
            case "header" -> mapping.header(truth(name, one(name, values)));
            default -> readOther(mapping, name, values);
        }
    }

    private static void readOther(Mapping.Builder mapping, String name, List<String> values) {
        if (OF_THE_REQUEST.contains(name)) {
            return;
        }
        for (String prefix : PER_COLUMN) {
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                String column = name.substring(prefix.length());
                switch (prefix) {
                    case "missing." -> mapping.missingIn(column, pieces(values).toArray(String[]::new));
                    case "scale." -> mapping.scale(column, factor(name, one(name, values)));
                    default -> mapping.offset(column, number(name, one(name, values)));
                }
                return;
            }
        }
        throw unknown(name);
    }

    private static VarveException unknown(String name) {
        List<String> all = new ArrayList<>(KNOWN);
        all.addAll(OF_THE_REQUEST);
        all.addAll(List.of("missing.COL", "scale.COL", "offset.COL"));
        return bad("unknown parameter '" + name + "'", NearestName.hint(name, all));
    }

    private static void readPair(Mapping.Builder mapping, String pair) {
        int colon = pair.indexOf(':');
        if (colon < 1 || colon == pair.length() - 1) {
            throw bad("map '" + pair + "' is not target:source", "for example map=temperature:T2M,wind:WS10");
        }
        mapping.map(pair.substring(0, colon).strip(), pair.substring(colon + 1).strip());
    }

    private static List<String> pieces(List<String> values) {
        List<String> pieces = new ArrayList<>();
        for (String value : values) {
            for (String piece : value.split(",", -1)) {
                if (!piece.isBlank()) {
                    pieces.add(piece.strip());
                }
            }
        }
        return pieces;
    }

    private static String one(String name, List<String> values) {
        if (values.size() != 1) {
            throw bad("parameter '" + name + "' is given " + values.size() + " times", "give it once");
        }
        String value = values.getFirst();
        if (value.isEmpty()) {
            throw bad("parameter '" + name + "' is empty", "give a value or leave it out");
        }
        return value;
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            String hint = NearestName.of(
                            text, ZoneId.getAvailableZoneIds().stream().sorted().toList())
                    .map(nearest -> "did you mean '" + nearest + "'?")
                    .orElse("use a name such as America/New_York or an offset such as -05:00");
            throw bad("zone '" + text + "' is not known", hint);
        }
    }

    private static boolean truth(String name, String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes" -> true;
            case "false", "0", "no" -> false;
            default -> throw bad("parameter '" + name + "' is '" + text + "'", "use true or false");
        };
    }

    private static char delimiter(String text) {
        String named = switch (text.toLowerCase(Locale.ROOT)) {
            case "tab", "\\t" -> "\t";
            case "comma" -> ",";
            case "semicolon" -> ";";
            case "pipe" -> "|";
            case "space" -> " ";
            default -> text;
        };
        if (named.length() != 1) {
            throw bad("delimiter '" + text + "' is not one character", "use , ; | or tab");
        }
        return named.charAt(0);
    }

    private static BigDecimal factor(String name, String text) {
        BigDecimal factor = number(name, text);
        if (factor.signum() == 0) {
            throw bad(
                    "parameter '" + name + "' is 0", "give the factor by which the source is multiplied, such as 0.1");
        }
        return factor;
    }

    private static BigDecimal number(String name, String text) {
        try {
            BigDecimal number = new BigDecimal(text);
            // a huge exponent would make exact arithmetic endless
            if (Math.abs((long) number.scale()) > 400 || number.precision() > 400) {
                throw bad("parameter '" + name + "' is '" + text + "', beyond any double", "give a usual number");
            }
            return number;
        } catch (NumberFormatException e) {
            throw bad("parameter '" + name + "' is '" + text + "', not a number", "for example 0.1 or 273.15");
        }
    }

    private static VarveException bad(String message, String hint) {
        return new VarveException(ErrorCode.BAD_REQUEST, message).withHint(hint);
    }
}
