package dev.varve.server.cli;

import dev.varve.server.console.Terminal;
import dev.varve.server.recipe.GhcnDaily;
import dev.varve.server.recipe.Hurdat2;
import dev.varve.server.recipe.UsgsQuakes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that load well-known files; each makes its dataset if it is not there. */
final class RecipeCommands {
    private RecipeCommands() {}

    /** NOAA's daily station files. */
    @Command(
            name = "ghcn-daily",
            mixinStandardHelpOptions = true,
            description = {
                "Loads GHCN-Daily station files.",
                "DIR, or its folder wx_data, holds one text file a station, named by its id, of lines"
                        + " 'YYYYMMDD<tab>tmax<tab>tmin<tab>prcp' in tenths; -9999 becomes null. Stored are station,"
                        + " tmax and tmin in degrees Celsius and prcp in millimetres (-67 is -6.7); the key is station,"
                        + " the time midnight UTC."
            },
            footer = {"", "The exit code is 1 if any row was rejected."})
    static final class Ghcn implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(paramLabel = "DIR", description = "the folder of the station files")
        private Path folder = Path.of("");

        @Option(
                names = "--stations",
                required = true,
                paramLabel = "FILE",
                description = "CSV with the columns station, lat, lon")
        private Path stations = Path.of("");

        @Mixin
        private RecipeTarget target = new RecipeTarget("ghcn_daily");

        Ghcn(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            return target.load(terminal, GhcnDaily.open(folder, stations));
        }
    }

    /** Tropical cyclone tracks. */
    @Command(
            name = "hurdat2",
            mixinStandardHelpOptions = true,
            description = {
                "Loads tropical cyclone tracks (HURDAT2), NOAA's text or its CSV form.",
                "Stored are id, name, record_id, sys_status, wind_max_sus in knots, min_pres in hPa, the wind radii in"
                        + " nautical miles; the key is id. The codes -99 and -999 mean missing and become null: count"
                        + " them with 'wind_max_sus IS NULL'; a sum over the source file, codes included, is"
                        + " 'SUM(wind_max_sus) - 99 * COUNT(*) FILTER (WHERE wind_max_sus IS NULL)'."
            },
            footer = {"", "The exit code is 1 if any row was rejected."})
    static final class Hurdat implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(paramLabel = "FILE", description = "the tracks, plain or .gz")
        private Path file = Path.of("");

        @Mixin
        private RecipeTarget target = new RecipeTarget("hurdat2");

        Hurdat(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            return target.load(terminal, new Hurdat2(file));
        }
    }

    /** The USGS's earthquakes. */
    @Command(
            name = "usgs-quakes",
            mixinStandardHelpOptions = true,
            description = {
                "Loads earthquakes of the USGS: the CSV of its catalogue or a GeoJSON feed.",
                "The key is id: an event that was revised without moving its origin time replaces the earlier one."
            },
            footer = {"", "The exit code is 1 if any row was rejected."})
    static final class Quakes implements Callable<Integer> {
        private final Terminal terminal;

        @Parameters(paramLabel = "FILE", description = "CSV or GeoJSON, plain or .gz")
        private Path file = Path.of("");

        @Mixin
        private RecipeTarget target = new RecipeTarget("quakes");

        Quakes(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            return target.load(terminal, new UsgsQuakes(file));
        }
    }
}
