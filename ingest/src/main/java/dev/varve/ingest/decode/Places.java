package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which columns of a source hold the row's time and place.
 *
 * @param time positions of the columns whose texts, put together, are the time; never empty
 * @param lat position, or -1 together with {@code lon} when rows have no place
 * @param lon position, or -1
 */
record Places(List<Integer> time, int lat, int lon) {
    static Places find(List<String> sources, Mapping mapping) {
        ColumnNames.Index index = new ColumnNames.Index(sources);
        return new Places(
                        time(sources, mapping, index),
                        placed(sources, mapping, index, true),
                        placed(sources, mapping, index, false))
                .checked(sources, mapping);
    }

    private static List<Integer> time(List<String> sources, Mapping mapping, ColumnNames.Index index) {
        String wanted = mapping.time();
        if (wanted != null) {
            List<Integer> found = parts(wanted, index);
            if (found.isEmpty()) {
                throw missing("time", wanted, sources);
            }
            return found;
        }
        for (String alias : ColumnNames.TIME) {
            List<Integer> found = parts(alias, index);
            if (!found.isEmpty() && found.stream().noneMatch(at -> isSpoken(sources.get(at), mapping))) {
                return found;
            }
        }
        throw new VarveException(ErrorCode.SCHEMA_MISMATCH, "no time column among " + listed(sources))
                .withHint("say time=<column>");
    }

    private static List<Integer> parts(String names, ColumnNames.Index index) {
        int whole = index.find(names);
        if (whole >= 0) {
            return List.of(whole);
        }
        List<Integer> found = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            int at = index.find(name);
            if (at < 0) {
                return List.of();
            }
            found.add(at);
        }
        return List.copyOf(found);
    }

    private static int placed(List<String> sources, Mapping mapping, ColumnNames.Index index, boolean isLat) {
        String wanted = isLat ? mapping.lat() : mapping.lon();
        if (wanted != null) {
            int at = index.find(wanted);
            if (at < 0) {
                throw missing(isLat ? "lat" : "lon", wanted, sources);
            }
            return at;
        }
        for (String alias : isLat ? ColumnNames.LAT : ColumnNames.LON) {
            int at = index.find(alias);
            if (at >= 0 && !isSpoken(sources.get(at), mapping)) {
                return at;
            }
        }
        return -1;
    }

    /** Whether the mapping already says what the column is for. */
    private static boolean isSpoken(String source, Mapping mapping) {
        return mapping.ignored().stream().anyMatch(source::equalsIgnoreCase)
                || mapping.sources().values().stream().anyMatch(source::equalsIgnoreCase);
    }

    private Places checked(List<String> sources, Mapping mapping) {
        if ((lat < 0) == (lon < 0)) {
            return this;
        }
        boolean named = mapping.lat() != null || mapping.lon() != null;
        String found = sources.get(Math.max(lat, lon));
        boolean plain = found.equalsIgnoreCase("lat") || found.equalsIgnoreCase("lon");
        if (named || plain) {
            String absent = lat < 0 ? "lat" : "lon";
            throw new VarveException(
                            ErrorCode.SCHEMA_MISMATCH,
                            "column '" + found + "' without the other half of the place; no " + absent + " among "
                                    + listed(sources))
                    .withHint("say " + absent + "=<column>, or ignore=" + found);
        }
        // a lone column that merely sounds like half a place is an ordinary one
        return new Places(time, -1, -1);
    }

    private static VarveException missing(String role, String wanted, List<String> sources) {
        VarveException error = new VarveException(
                ErrorCode.SCHEMA_MISMATCH, role + "=" + wanted + ": no such column among " + listed(sources));
        return NearestName.of(wanted, sources)
                .map(nearest -> error.withHint("did you mean '" + nearest + "'?"))
                .orElse(error);
    }

    static String listed(List<String> sources) {
        if (sources.isEmpty()) {
            return "no columns at all";
        }
        List<String> shown = sources.subList(0, Math.min(sources.size(), 60));
        String names = String.join(", ", shown);
        return (names.length() > 2_000 ? names.substring(0, 2_000) + "…" : names)
                + (shown.size() < sources.size() ? " and " + (sources.size() - shown.size()) + " more" : "");
    }
}
