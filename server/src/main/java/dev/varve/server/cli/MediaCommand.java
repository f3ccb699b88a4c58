package dev.varve.server.cli;

import dev.varve.sdk.Media;
import dev.varve.sdk.MediaFacts;
import dev.varve.sdk.MediaItem;
import dev.varve.sdk.MediaQuery;
import dev.varve.sdk.StoredKey;
import dev.varve.sdk.Varve;
import dev.varve.sdk.VarveClientException;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import dev.varve.server.console.TextTable;
import dev.varve.server.wire.Units;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Groups the commands about pictures, videos, sounds and tracks. */
@Command(
        name = "media",
        mixinStandardHelpOptions = true,
        description = {
            "Puts, gets, lists and finds pictures, videos, sounds and tracks.",
            "Each is also a row of the dataset media: varve sql \"select * from media\"."
        })
final class MediaCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec command;

    private MediaCommand() {}

    static CommandLine line(Terminal terminal) {
        return new CommandLine(new MediaCommand())
                .addSubcommand(new Put(terminal))
                .addSubcommand(new Get(terminal))
                .addSubcommand(new Ls(terminal))
                .addSubcommand(new Search(terminal));
    }

    @Override
    public void run() {
        throw usage(command, "say what to do: put, get, ls or search");
    }

    private static ParameterException usage(@Nullable CommandSpec command, String message) {
        return new ParameterException(Objects.requireNonNull(command).commandLine(), message);
    }

    /** BUCKET/KEY, cut at the first slash. */
    private record Place(String bucket, String key) {
        static Place of(String text) {
            int slash = text.indexOf('/');
            return slash < 0 ? new Place(text, "") : new Place(text.substring(0, slash), text.substring(slash + 1));
        }
    }

    private static Instant time(@Nullable CommandSpec command, String option, String text) {
        try {
            return Instant.parse(text.length() == 10 ? text + "T00:00:00Z" : text);
        } catch (DateTimeParseException e) {
            throw usage(command, option + " '" + text + "' is no time; use for example 2021-07-10T20:32:43Z");
        }
    }

    private static List<Double> numbers(@Nullable CommandSpec command, String option, String text, int count) {
        try {
            List<Double> numbers =
                    Arrays.stream(text.split(",", -1)).map(Double::valueOf).toList();
            if (numbers.size() == count) {
                return numbers;
            }
        } catch (NumberFormatException e) {
            throw usage(command, option + " '" + text + "' must be " + count + " numbers with commas between");
        }
        throw usage(command, option + " '" + text + "' must be " + count + " numbers with commas between");
    }

    @Command(
            name = "put",
            mixinStandardHelpOptions = true,
            description = {
                "Sends files, and folders with all their files, into a media bucket.",
                "Time and place are read from the files; what is given here wins."
            })
    private static final class Put implements Callable<Integer> {
        private final Terminal terminal;

        @Spec
        private @Nullable CommandSpec command;

        @Mixin
        private NodeOption node = new NodeOption();

        @Parameters(paramLabel = "FILE", arity = "1..*", description = "files or folders")
        private List<Path> files = new ArrayList<>();

        @Option(
                names = "--to",
                paramLabel = "BUCKET[/PREFIX]",
                required = true,
                description = "where to; keys are the prefix and the file's name")
        private String target = "";

        @Option(names = "--create", description = "make the bucket if it is not there")
        private boolean create;

        @Option(names = "--time", paramLabel = "TIME", description = "when it was taken, such as 2021-07-10T20:32:43Z")
        private @Nullable String time;

        @Option(names = "--at", paramLabel = "LAT,LON", description = "where it was taken, in degrees")
        private @Nullable String place;

        @Option(names = "--zone", paramLabel = "ZONE", description = "zone of camera clocks that say none")
        private @Nullable String zone;

        @Option(names = "--owner", paramLabel = "NAME", description = "whose it is")
        private @Nullable String owner;

        @Option(names = "--attribute", paramLabel = "NAME=VALUE", description = "more to know of it; repeatable")
        private Map<String, String> attributes = new LinkedHashMap<>();

        Put(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            Place to = Place.of(target);
            List<Double> at = place == null ? List.of() : numbers(command, "--at", place, 2);
            MediaFacts facts = new MediaFacts(
                    time == null ? null : time(command, "--time", time),
                    at.isEmpty() ? null : at.get(0),
                    at.isEmpty() ? null : at.get(1),
                    zone,
                    owner,
                    attributes);
            try (Varve varve = node.connect()) {
                Media media = varve.media();
                if (create) {
                    create(media, to.bucket());
                }
                for (Path file : files) {
                    put(media, to, file, facts);
                }
            }
            return ExitCodes.OK;
        }

        static void create(Media media, String bucket) {
            try {
                media.createBucket(bucket);
            } catch (VarveClientException e) {
                if (e.status() != 409) {
                    throw e;
                }
            }
        }

        private void put(Media media, Place to, Path file, MediaFacts facts) throws IOException {
            if (!Files.isDirectory(file)) {
                putOne(media, to.bucket(), to.key() + file.getFileName(), file, facts);
                return;
            }
            List<Path> inside;
            try (Stream<Path> all = Files.walk(file)) {
                inside = all.filter(Files::isRegularFile).sorted().toList();
            }
            for (Path one : inside) {
                String name = file.relativize(one).toString().replace(File.separatorChar, '/');
                putOne(media, to.bucket(), to.key() + name, one, facts);
            }
        }

        private void putOne(Media media, String bucket, String key, Path file, MediaFacts facts)
                throws FileNotFoundException {
            MediaItem item = media.put(bucket, key, file, facts);
            String where = item.lat() == null ? "no place" : item.lat() + ", " + item.lon();
            terminal.say(bucket + "/" + key + ": " + item.type() + ", " + item.time() + " (" + item.timeSource() + "), "
                    + where);
        }
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Writes a medium, or a thumbnail of it.")
    private static final class Get implements Callable<Integer> {
        private final Terminal terminal;

        @Spec
        private @Nullable CommandSpec command;

        @Mixin
        private NodeOption node = new NodeOption();

        @Parameters(paramLabel = "BUCKET/KEY", description = "the medium")
        private String place = "";

        @Option(names = "-o", paramLabel = "FILE", description = "the file to write; else standard output")
        private @Nullable Path target;

        @Option(names = "--thumbnail", paramLabel = "SIDE", description = "a small picture: 256 or 1024")
        private @Nullable Integer side;

        Get(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            Place from = Place.of(place);
            if (from.key().isEmpty()) {
                throw usage(command, "'" + place + "' names no key; write BUCKET/KEY");
            }
            try (Varve varve = node.connect();
                    InputStream bytes = side == null
                            ? varve.media().get(from.bucket(), from.key())
                            : varve.media().thumbnail(from.bucket(), from.key(), side)) {
                if (target == null) {
                    bytes.transferTo(terminal.out());
                } else {
                    Path part = target.resolveSibling(target.getFileName() + ".part");
                    try {
                        Files.copy(bytes, part, StandardCopyOption.REPLACE_EXISTING);
                        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
                    } finally {
                        Files.deleteIfExists(part);
                    }
                }
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "ls", mixinStandardHelpOptions = true, description = "Lists the media of a bucket.")
    private static final class Ls implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private NodeOption node = new NodeOption();

        @Parameters(paramLabel = "BUCKET[/PREFIX]", description = "what to list")
        private String place = "";

        @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
        private @Nullable ListFormat format;

        Ls(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            Place from = Place.of(place);
            List<StoredKey> keys;
            try (Varve varve = node.connect()) {
                keys = varve.media().list(from.bucket(), from.key());
            }
            print(terminal, ListFormat.chosen(format, terminal), keys);
            return ExitCodes.OK;
        }
    }

    static void print(Terminal terminal, ListFormat format, List<StoredKey> keys) {
        if (format == ListFormat.NDJSON) {
            keys.forEach(key -> terminal.out().print(ListFormat.line(key)));
            return;
        }
        TextTable table = new TextTable(List.of(
                new TextTable.Header("key", false),
                new TextTable.Header("size", true),
                new TextTable.Header("modified", false),
                new TextTable.Header("version", false)));
        for (StoredKey key : keys) {
            table.add(Arrays.asList(
                    key.key(), key.deleted() ? "deleted" : Amounts.bytes(key.size()), key.modified(), key.version()));
        }
        terminal.out().print(table.text());
    }

    @Command(
            name = "search",
            mixinStandardHelpOptions = true,
            description = {"Finds media by time, place and kind, newest first.", "SQL on the dataset media finds more."
            })
    private static final class Search implements Callable<Integer> {
        private final Terminal terminal;

        @Spec
        private @Nullable CommandSpec command;

        @Mixin
        private NodeOption node = new NodeOption();

        @Option(names = "--bucket", paramLabel = "BUCKET", description = "in this bucket alone")
        private @Nullable String bucket;

        @Option(names = "--prefix", paramLabel = "PREFIX", description = "keys that begin so")
        private @Nullable String prefix;

        @Option(names = "--kind", paramLabel = "KIND", description = "image, video, audio, track or other")
        private @Nullable String kind;

        @Option(names = "--from", paramLabel = "TIME", description = "taken then or later")
        private @Nullable String from;

        @Option(names = "--to", paramLabel = "TIME", description = "taken before")
        private @Nullable String to;

        @Option(names = "--near", paramLabel = "LAT,LON,METRES", description = "around a place")
        private @Nullable String near;

        @Option(names = "--bbox", paramLabel = "W,S,E,N", description = "in a box of degrees")
        private @Nullable String bbox;

        @Option(names = "--limit", paramLabel = "COUNT", description = "at most so many; default 100")
        private int limit = 100;

        @Option(
                names = "--links",
                paramLabel = "TIME",
                description = "with a link to each, good for a time such as 15m")
        private @Nullable String links;

        @Option(names = "--format", paramLabel = "FORMAT", description = "table or ndjson")
        private @Nullable ListFormat format;

        Search(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() {
            List<MediaItem> found;
            try (Varve varve = node.connect()) {
                found = varve.media().search(query());
            }
            if (ListFormat.chosen(format, terminal) == ListFormat.NDJSON) {
                found.forEach(item -> terminal.out().print(ListFormat.line(item)));
                return ExitCodes.OK;
            }
            TextTable table = new TextTable(List.of(
                    new TextTable.Header("medium", false),
                    new TextTable.Header("time", false),
                    new TextTable.Header("lat", true),
                    new TextTable.Header("lon", true),
                    new TextTable.Header("type", false),
                    new TextTable.Header("size", true),
                    new TextTable.Header("link", false)));
            for (MediaItem item : found) {
                table.add(Arrays.asList(
                        item.bucket() + "/" + item.key(),
                        item.time(),
                        item.lat() == null ? null : item.lat().toString(),
                        item.lon() == null ? null : item.lon().toString(),
                        item.type(),
                        item.size() == null ? null : Amounts.bytes(item.size()),
                        item.url()));
            }
            terminal.out().print(table.text());
            return ExitCodes.OK;
        }

        private MediaQuery query() {
            MediaQuery query = MediaQuery.ALL.limit(limit);
            query = bucket == null ? query : query.bucket(bucket);
            query = prefix == null ? query : query.prefix(prefix);
            query = kind == null ? query : query.kind(kind);
            query = query.during(
                    from == null ? null : time(command, "--from", from), to == null ? null : time(command, "--to", to));
            if (near != null) {
                List<Double> circle = numbers(command, "--near", near, 3);
                query = query.near(circle.get(0), circle.get(1), circle.get(2));
            }
            if (bbox != null) {
                List<Double> box = numbers(command, "--bbox", bbox, 4);
                query = query.bbox(box.get(0), box.get(1), box.get(2), box.get(3));
            }
            return links == null ? query : query.withUrls(Units.duration("--links", links));
        }
    }
}
