package dev.varve.server.recipe;

import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetSpec;
import dev.varve.server.recipe.Fields.BadFieldException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * NOAA's Global Historical Climatology Network, daily: one text file a station, named by its id, of lines {@code
 * YYYYMMDD <tab> tmax <tab> tmin <tab> prcp} in tenths of a degree and of a millimetre, -9999 where missing; places
 * come from a CSV with the columns station, lat and lon. A day's time is its midnight, UTC.
 */
public final class GhcnDaily implements Recipe {
    private static final String MISSING = "-9999";
    private static final int STATION = 0;
    private static final String[] VALUES = {"tmax", "tmin", "prcp"};

    private final List<Path> files;
    private final Path stationList;
    private final Map<String, Place> places;

    private record Place(double lat, double lon) {}

    private GhcnDaily(List<Path> files, Path stationList, Map<String, Place> places) {
        this.files = files;
        this.stationList = stationList;
        this.places = places;
    }

    /** Finds the station files in the folder, or in its folder {@code wx_data}, and reads the station list. */
    public static GhcnDaily open(Path folder, Path stations) throws IOException {
        Path inner = folder.resolve("wx_data");
        Path holder = Files.isDirectory(inner) ? inner : folder;
        try (Stream<Path> found = Files.list(holder)) {
            List<Path> files = found.filter(
                            file -> file.getFileName().toString().endsWith(".txt"))
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new UnreadableFileException(holder + " holds no station files *.txt");
            }
            return new GhcnDaily(files, stations, places(stations));
        }
    }

    private static Map<String, Place> places(Path file) throws IOException {
        Map<String, Place> places = new HashMap<>();
        try (BufferedReader in = RecipeInput.text(file, bytes -> {})) {
            CsvRecords records = new CsvRecords(in);
            CsvHeader header = CsvHeader.of(file, records.next());
            int station = header.required("station");
            int lat = header.required("lat");
            int lon = header.required("lon");
            long row = 0;
            for (List<String> record = records.next(); record != null; record = records.next()) {
                row++;
                try {
                    places.put(
                            header.field(record, station),
                            new Place(
                                    Fields.latitude(Fields.number("lat", header.field(record, lat))),
                                    Fields.longitude(Fields.number("lon", header.field(record, lon)))));
                } catch (BadFieldException e) {
                    BadRow bad = e.in(file, row);
                    throw new UnreadableFileException(file + " row " + row + ", column " + bad.column() + ": '"
                            + bad.value() + "' is " + bad.reason());
                }
            }
        }
        return places;
    }

    @Override
    public DatasetSpec dataset(String name) {
        return DatasetSpec.named(name)
                .column("station", "string")
                .column(new ColumnSpec("tmax", "double", "Cel", "air_temperature", "own"))
                .column(new ColumnSpec("tmin", "double", "Cel", "air_temperature", "own"))
                .column(new ColumnSpec("prcp", "double", "mm", "lwe_thickness_of_precipitation_amount", "own"))
                .key("station");
    }

    @Override
    public List<Path> files() {
        return files;
    }

    @Override
    public void read(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException {
        for (Path file : files) {
            String name = file.getFileName().toString();
            String station = name.substring(0, name.length() - ".txt".length());
            readStation(file, station, places.get(station), rows, bad, bytesRead);
        }
    }

    private void readStation(
            Path file,
            String station,
            @Nullable Place place,
            RowTarget rows,
            Consumer<BadRow> bad,
            LongConsumer bytesRead)
            throws IOException {
        double[] values = new double[VALUES.length];
        try (BufferedReader in = RecipeInput.text(file, bytesRead)) {
            long row = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                row++;
                try {
                    if (place == null) {
                        throw new BadFieldException("station", station, "not in " + stationList);
                    }
                    long day = parse(line, values);
                    rows.time(Fields.dayMicros(day));
                    rows.at(place.lat(), place.lon());
                    rows.set(STATION, station);
                    for (int i = 0; i < values.length; i++) {
                        if (!Double.isNaN(values[i])) {
                            rows.set(STATION + 1 + i, values[i]);
                        }
                    }
                    rows.add();
                } catch (BadFieldException e) {
                    bad.accept(e.in(file, row));
                }
            }
        }
    }

    /** The day; the values, NaN where missing, go into the array. */
    private static long parse(String line, double[] values) throws BadFieldException {
        String[] fields = line.split("\t", -1);
        if (fields.length != 1 + values.length) {
            throw new BadFieldException(
                    "line", line.strip(), fields.length + " fields instead of date, tmax, tmin, prcp");
        }
        long day = Fields.compactDate("date", fields[0].strip());
        for (int i = 0; i < values.length; i++) {
            String text = fields[1 + i].strip();
            values[i] = text.equals(MISSING) ? Double.NaN : Fields.whole(VALUES[i], text) / 10.0;
        }
        return day;
    }
}
