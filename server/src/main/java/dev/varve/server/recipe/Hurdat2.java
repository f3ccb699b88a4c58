package dev.varve.server.recipe;

import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetSpec;
import dev.varve.server.recipe.Fields.BadFieldException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tracks of tropical cyclones (HURDAT2), as NOAA's text, where a line for the storm is followed by its fixes, or as
 * a CSV with one fix a row. -99 and -999 mean missing and become null, as an empty field does.
 */
public final class Hurdat2 implements Recipe {
    private static final List<String> RADII = List.of(
            "wind_34kt_ne",
            "wind_34kt_se",
            "wind_34kt_sw",
            "wind_34kt_nw",
            "wind_50kt_ne",
            "wind_50kt_se",
            "wind_50kt_sw",
            "wind_50kt_nw",
            "wind_64kt_ne",
            "wind_64kt_se",
            "wind_64kt_sw",
            "wind_64kt_nw",
            "wind_max_radius");
    private static final int ID = 0;
    private static final int NAME = 1;
    private static final int RECORD_ID = 2;
    private static final int SYS_STATUS = 3;
    private static final int FIRST_NUMBER = 4;
    /** Of a fix in the text format, before its numbers: date, time, record id, status, lat, lon. */
    private static final int TEXT_FIELDS = 6;

    private final Path file;
    private final List<String> numbers;

    public Hurdat2(Path file) {
        this.file = file;
        this.numbers = new ArrayList<>(List.of("wind_max_sus", "min_pres"));
        numbers.addAll(RADII);
    }

    @Override
    public DatasetSpec dataset(String name) {
        DatasetSpec spec = DatasetSpec.named(name)
                .column("id", "string")
                .column("name", "string")
                .column("record_id", "string")
                .column("sys_status", "string")
                .column(new ColumnSpec("wind_max_sus", "int", "[kn_i]", "wind_speed", "own"))
                .column(new ColumnSpec("min_pres", "int", "hPa", "air_pressure_at_mean_sea_level", "own"));
        for (String radius : RADII) {
            spec = spec.column(radius, "int", "[nmi_i]");
        }
        return spec.key("id").partition("year");
    }

    @Override
    public List<Path> files() {
        return List.of(file);
    }

    @Override
    public void read(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException {
        try (BufferedReader in = RecipeInput.text(file, bytesRead)) {
            in.mark(1 << 10);
            String first = in.readLine();
            if (first == null) {
                throw new UnreadableFileException(file + " is empty");
            }
            in.reset();
            if (first.toLowerCase(Locale.ROOT).contains("wind_max_sus")) {
                readCsv(in, rows, bad);
            } else {
                readText(in, rows, bad);
            }
        }
    }

    private void readCsv(BufferedReader in, RowTarget rows, Consumer<BadRow> bad) throws IOException {
        CsvRecords records = new CsvRecords(in);
        CsvHeader header = CsvHeader.of(file, records.next());
        int time = header.required("datetime");
        int lat = header.required("lat");
        int lon = header.required("lon");
        int id = header.required("id");
        int[] texts = {id, header.find("name"), header.find("record_id"), header.find("sys_status")};
        int[] values = numbers.stream().mapToInt(header::find).toArray();
        long row = 0;
        for (List<String> record = records.next(); record != null; record = records.next()) {
            row++;
            try {
                Fix fix = new Fix(
                        Fields.isoMicros("datetime", header.field(record, time)),
                        Fields.number("lat", header.field(record, lat)),
                        Fields.number("lon", header.field(record, lon)));
                List<String> numberTexts = new ArrayList<>();
                for (int index : values) {
                    numberTexts.add(header.field(record, index));
                }
                emit(
                        fix,
                        new String[] {
                            header.field(record, texts[ID]),
                            header.field(record, texts[NAME]),
                            header.field(record, texts[RECORD_ID]),
                            header.field(record, texts[SYS_STATUS])
                        },
                        numberTexts,
                        rows);
            } catch (BadFieldException e) {
                bad.accept(e.in(file, row));
            }
        }
    }

    private record Fix(long micros, double lat, double lon) {}

    /** The storm whose fixes follow. */
    private record Storm(String id, String name, long line, long declared) {}

    private void readText(BufferedReader in, RowTarget rows, Consumer<BadRow> bad) throws IOException {
        Storm storm = null;
        long found = 0;
        long line = 0;
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            if (text.isBlank()) {
                continue;
            }
            String[] fields = text.split(",", -1);
            try {
                if (Character.isLetter(text.strip().charAt(0))) {
                    checkCount(storm, found, bad);
                    storm = storm(fields, text, line);
                    found = 0;
                } else if (storm == null) {
                    throw new BadFieldException("line", text.strip(), "a fix before any storm's line");
                } else {
                    found++;
                    readFix(storm, fields, text, rows);
                }
            } catch (BadFieldException e) {
                if (line == 1) {
                    throw new UnreadableFileException(
                            file + " is neither HURDAT2 text nor its CSV: line 1 is '" + text.strip() + "'");
                }
                bad.accept(e.in(file, line));
            }
        }
        checkCount(storm, found, bad);
    }

    private static Storm storm(String[] fields, String text, long line) throws BadFieldException {
        if (fields.length < 3) {
            throw new BadFieldException("line", text.strip(), "not a storm's id, name and count");
        }
        return new Storm(fields[0].strip(), fields[1].strip(), line, Fields.whole("count", fields[2].strip()));
    }

    /** A storm's line says how many fixes follow; another number means that the file is damaged. */
    private void checkCount(@Nullable Storm storm, long found, Consumer<BadRow> bad) {
        if (storm != null && storm.declared() != found) {
            bad.accept(new BadRow(
                    file,
                    storm.line(),
                    "count",
                    Long.toString(storm.declared()),
                    "storm " + storm.id() + " has " + found + " fixes"));
        }
    }

    private void readFix(Storm storm, String[] fields, String text, RowTarget rows) throws BadFieldException {
        if (fields.length < TEXT_FIELDS + 2) {
            throw new BadFieldException("line", text.strip(), "only " + fields.length + " fields");
        }
        Fix fix = new Fix(
                Fields.dayMicros(Fields.compactDate("date", fields[0].strip())) + timeOfDay(fields[1].strip()),
                hemisphere("lat", fields[4].strip(), 'N', 'S'),
                hemisphere("lon", fields[5].strip(), 'E', 'W'));
        List<String> numberTexts = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i++) {
            int index = TEXT_FIELDS + i;
            numberTexts.add(index < fields.length ? fields[index].strip() : "");
        }
        emit(fix, new String[] {storm.id(), storm.name(), fields[2].strip(), fields[3].strip()}, numberTexts, rows);
    }

    /** {@code HHMM}. */
    private static long timeOfDay(String text) throws BadFieldException {
        long digits = Fields.whole("time", text);
        long hours = digits / 100;
        long minutes = digits % 100;
        if (text.length() != 4 || digits < 0 || hours > 23 || minutes > 59) {
            throw new BadFieldException("time", text, "not a time HHMM");
        }
        return TimeUnit.MINUTES.toMicros(hours * 60 + minutes);
    }

    /** Such as {@code 79.0W}. */
    private static double hemisphere(String column, String text, char positive, char negative)
            throws BadFieldException {
        if (text.length() < 2) {
            throw new BadFieldException(column, text, "not degrees and a hemisphere");
        }
        char side = text.charAt(text.length() - 1);
        if (side != positive && side != negative) {
            throw new BadFieldException(column, text, "does not end with " + positive + " or " + negative);
        }
        double degrees = Fields.number(column, text.substring(0, text.length() - 1));
        return side == negative ? -degrees : degrees;
    }

    private void emit(Fix fix, String[] texts, List<String> numberTexts, RowTarget rows) throws BadFieldException {
        double lat = Fields.latitude(fix.lat());
        double lon = Fields.longitude(fix.lon());
        long[] values = new long[numberTexts.size()];
        boolean[] isPresent = new boolean[numberTexts.size()];
        for (int i = 0; i < values.length; i++) {
            String text = numberTexts.get(i);
            if (!text.isEmpty()) {
                values[i] = Fields.whole(numbers.get(i), text);
                isPresent[i] = values[i] != -99 && values[i] != -999;
            }
        }
        rows.time(fix.micros());
        rows.at(lat, lon);
        for (int i = 0; i < texts.length; i++) {
            if (!texts[i].isEmpty()) {
                rows.set(i, texts[i]);
            }
        }
        for (int i = 0; i < values.length; i++) {
            if (isPresent[i]) {
                rows.set(FIRST_NUMBER + i, values[i]);
            }
        }
        rows.add();
    }
}
