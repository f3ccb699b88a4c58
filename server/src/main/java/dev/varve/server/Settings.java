package dev.varve.server;

import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import dev.varve.server.wire.Units;
import dev.varve.server.yaml.FlatYaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Texts by key, from a file, the environment and flags; asked for one by one, which is also how it becomes known which
 * keys there are. {@link #end} refuses the others. One thread.
 */
final class Settings {
    private static final String PREFIX = "VARVE_";
    private static final Pattern YAML = Pattern.compile("---|[\\w.-]+:(\\s.*)?");

    /** A key that was asked for. */
    record Known(String key, String defaultText, String meaning) {}

    private record Given(String text, String from) {}

    private final Map<String, Given> given = new LinkedHashMap<>();
    private final List<Known> known = new ArrayList<>();

    private Settings() {}

    /** Later sources win: the file, {@code VARVE_SECTION__KEY} variables, flags by key. */
    static Settings of(@Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
        Settings settings = new Settings();
        if (file != null) {
            settings.read(file);
        }
        environment.forEach((name, value) -> {
            if (name.startsWith(PREFIX) && name.contains("__")) {
                String key = name.substring(PREFIX.length())
                        .replace("__", ".")
                        .replace('_', '-')
                        .toLowerCase(Locale.ROOT);
                settings.given.put(key, new Given(value, "variable " + name));
            }
        });
        flags.forEach((key, value) -> settings.given.put(key, new Given(value, "the command line")));
        return settings;
    }

    private void read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            if (isYaml(lines)) {
                FlatYaml.read(file)
                        .forEach((key, entry) -> given.put(key, new Given(entry.text(), file + ":" + entry.line())));
            } else {
                read(file, lines);
            }
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "cannot read the configuration " + file, e)
                    .withHint("check the path given with --config");
        }
    }

    /** By the first line that says anything: {@code key: value}, {@code section:}, or the mark of a document. */
    private static boolean isYaml(List<String> lines) {
        return lines.stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .findFirst()
                .map(line -> YAML.matcher(line).matches())
                .orElse(false);
    }

    private void read(Path file, List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            String place = file + ":" + (i + 1);
            int equals = line.indexOf('=');
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (equals < 1) {
                throw new VarveException(ErrorCode.BAD_REQUEST, place + " is not of the form key = value: " + line)
                        .withHint("a file is all of that form, or all of YAML, key: value");
            }
            String key = line.substring(0, equals).strip();
            if (given.put(key, new Given(line.substring(equals + 1).strip(), place)) != null) {
                throw new VarveException(ErrorCode.BAD_REQUEST, place + " gives " + key + " a second time");
            }
        }
    }

    String text(String key, String absent, String meaning) {
        known.add(new Known(key, absent, meaning));
        Given found = given.remove(key);
        return found == null ? absent : found.text();
    }

    Duration duration(String key, Duration absent, String meaning) {
        return Units.duration(key, text(key, Units.text(absent), meaning));
    }

    long bytes(String key, long absent, String meaning) {
        return Units.bytes(key, text(key, Units.text(absent), meaning));
    }

    int bytesAsInt(String key, int absent, String meaning) {
        long bytes = bytes(key, absent, meaning);
        if (bytes > Integer.MAX_VALUE) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST, key + " is " + Units.text(bytes) + "; it must be below 2GiB");
        }
        return (int) bytes;
    }

    /** A whole number; underscores may group its digits. */
    long number(String key, long absent, long least, String meaning) {
        String text = text(key, Long.toString(absent), meaning);
        try {
            long number = Long.parseLong(text.replace("_", ""));
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, key + " is '" + text + "'; it must be a whole number", e);
        }
        throw new VarveException(ErrorCode.BAD_REQUEST, key + " is " + text + "; it must be at least " + least);
    }

    int count(String key, int absent, int least, String meaning) {
        long number = number(key, absent, least, meaning);
        if (number > Integer.MAX_VALUE) {
            throw new VarveException(ErrorCode.BAD_REQUEST, key + " is " + number + "; it is too large");
        }
        return (int) number;
    }

    boolean flag(String key, boolean absent, String meaning) {
        String text = text(key, Boolean.toString(absent), meaning);
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new VarveException(ErrorCode.BAD_REQUEST, key + " is '" + text + "'; it must be true or false");
        };
    }

    /** Refuses keys that were not asked for. */
    void end() {
        List<String> keys = known.stream().map(Known::key).toList();
        given.forEach((key, value) -> {
            throw new VarveException(ErrorCode.BAD_REQUEST, "unknown setting '" + key + "' in " + value.from())
                    .withHint(NearestName.of(key, keys)
                            .map(nearest -> "did you mean '" + nearest + "'?")
                            .orElse("docs/configuration.md lists all settings"));
        });
    }

    List<Known> known() {
        return List.copyOf(known);
    }
}
